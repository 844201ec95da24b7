"""What a fill costs: the broker's commission and the fees it passes on, as dated tables.

Sources: Interactive Brokers' published US options schedule (IBKR Pro, tiered), the SEC's section 31 advice, FINRA's
trading activity fee notices, OCC's fee schedule, the CAT fee filings. ORF differs by venue; one middle value stands
for all. A table applies from its date until the next one's.
"""

from decimal import Decimal

from msgspec import Struct


class OptionSchedule(Struct, frozen=True):
    """Option fees from ``since`` (``YYYY-MM-DD``), in dollars a contract unless said otherwise."""

    since: str
    premium_tiers: tuple[tuple[Decimal, Decimal], ...]
    """(premium from, commission) for the first monthly tier, highest premium first."""
    monthly_tiers: tuple[tuple[int, Decimal], ...]
    """(contracts a month from, highest commission), largest volume first."""
    order_minimum: Decimal
    clearing: Decimal
    regulatory: Decimal
    trading_activity_on_sells: Decimal
    audit_trail: Decimal
    sec_on_sales: Decimal
    """Fraction of the proceeds of a sale."""


class StockSchedule(Struct, frozen=True):
    """Stock fees from ``since``: fixed pricing, dollars a share."""

    since: str
    per_share: Decimal
    order_minimum: Decimal
    maximum_fraction: Decimal
    """The commission is at most this fraction of the trade's value."""
    sec_on_sales: Decimal
    activity_per_share: Decimal
    """FINRA's trading activity fee on sales, long or short."""
    activity_maximum: Decimal
    """The most that the activity fee is for one trade."""


_PREMIUM_TIERS = (
    (Decimal("0.10"), Decimal("0.65")),
    (Decimal("0.05"), Decimal("0.50")),
    (Decimal(0), Decimal("0.25")),
)
_MONTHLY_TIERS = ((100_001, Decimal("0.15")), (50_001, Decimal("0.25")), (10_001, Decimal("0.50")))


def _option_schedule(since: str, trading_activity: str) -> OptionSchedule:
    return OptionSchedule(
        since=since,
        premium_tiers=_PREMIUM_TIERS,
        monthly_tiers=_MONTHLY_TIERS,
        order_minimum=Decimal("1.00"),
        clearing=Decimal("0.025"),
        regulatory=Decimal("0.0120"),
        trading_activity_on_sells=Decimal(trading_activity),
        audit_trail=Decimal("0.0003"),
        sec_on_sales=Decimal("0.0000206"),
    )


OPTION_SCHEDULES = (
    _option_schedule("2027-01-01", "0.00329"),
    _option_schedule("2026-10-01", "0"),  # FINRA's fee holiday until the end of the year
    _option_schedule("1970-01-01", "0.00329"),
)
"""Newest first. The oldest one also stands for the years before: replays of old tapes are charged at today's rates."""


def _stock_schedule(since: str, activity: str) -> StockSchedule:
    return StockSchedule(
        since=since,
        per_share=Decimal("0.005"),
        order_minimum=Decimal("1.00"),
        maximum_fraction=Decimal("0.01"),
        sec_on_sales=Decimal("0.0000206"),
        activity_per_share=Decimal(activity),
        activity_maximum=Decimal("9.79"),
    )


STOCK_SCHEDULES = (
    _stock_schedule("2027-01-01", "0.000195"),
    _stock_schedule("2026-10-01", "0"),
    _stock_schedule("1970-01-01", "0.000195"),
)

_CENT_FRACTION = Decimal("0.0001")


def option_fees(
    session_date: str, side: str, quantity: int, price: Decimal, multiplier: int, contracts_this_month: int
) -> Decimal:
    """Return commission and fees of one option fill in dollars, before the minimum an order."""
    schedule = next(table for table in OPTION_SCHEDULES if table.since <= session_date)
    commission = next(rate for floor, rate in schedule.premium_tiers if price >= floor)
    volume_rates = [rate for floor, rate in schedule.monthly_tiers if contracts_this_month >= floor]
    if volume_rates:
        commission = min(commission, volume_rates[0])
    per_contract = commission + schedule.clearing + schedule.regulatory + schedule.audit_trail
    total = per_contract * quantity
    if side == "SELL":
        total += schedule.trading_activity_on_sells * quantity
        total += schedule.sec_on_sales * price * quantity * multiplier
    return total.quantize(_CENT_FRACTION)


def stock_fees(session_date: str, side: str, quantity: int, price: Decimal) -> Decimal:
    """Return commission and fees of one stock fill in dollars, before the minimum an order."""
    schedule = next(table for table in STOCK_SCHEDULES if table.since <= session_date)
    value = price * quantity
    total = min(schedule.per_share * quantity, schedule.maximum_fraction * value)
    if side == "SELL":
        total += schedule.sec_on_sales * value
        total += min(schedule.activity_per_share * quantity, schedule.activity_maximum)
    return total.quantize(_CENT_FRACTION)


def order_minimum(session_date: str, sec_type: str) -> Decimal:
    """Return the least that an order with a fill costs, in dollars."""
    schedules = OPTION_SCHEDULES if sec_type == "OPT" else STOCK_SCHEDULES
    return next(table.order_minimum for table in schedules if table.since <= session_date)


_INDEX_SURCHARGES = {
    "SPX": ((Decimal(1), Decimal("0.45")), (Decimal(0), Decimal("0.36"))),
    "SPXW": ((Decimal(1), Decimal("0.50")), (Decimal(0), Decimal("0.41"))),
    "VIX": ((Decimal(1), Decimal("0.45")), (Decimal(0), Decimal("0.21"))),
    "XSP": ((Decimal(0), Decimal(0)),),
}
"""Exchange fee a contract by trading class: (premium from, dollars), highest premium first. From memory [M]."""


def index_surcharge(trading_class: str, price: Decimal) -> Decimal:
    """Return the exchange's fee a contract of an index option in dollars, 0 for other options."""
    return next((fee for floor, fee in _INDEX_SURCHARGES.get(trading_class, ()) if price >= floor), Decimal(0))
