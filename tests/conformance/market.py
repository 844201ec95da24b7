"""The market that steps move by hand: SPY with options, QQQ, and an index with two trading classes of options."""

from collections.abc import Sequence
from decimal import Decimal

from alphatrader.sim.market.types import Greeks, ListedContract, SessionChange
from alphatrader.sim.scripted import CLOSE_NS, CONTRACTS, OPEN_NS, ScriptedMarket

QQQ_CON_ID = 320227571
SPX_CON_ID = 416904
SPX_CALL_CON_ID = 910001
SPXW_CALL_CON_ID = 910002
SPY_NEXT_CALL_655 = 910003
EXPIRING_CALL_CON_ID = 910004

_DAY_NS = 86_400_000_000_000
SPX_EXPIRY = "20261120"
"""A third Friday: the monthly options of SPX and the weekly ones of SPXW both expire."""


def _index_call(con_id: int, trading_class: str) -> ListedContract:
    return ListedContract(
        con_id=con_id,
        symbol="SPX",
        sec_type="OPT",
        exchange="SMART",
        primary_exchange="CBOE",
        currency="USD",
        local_symbol=f"{trading_class:<6}{SPX_EXPIRY[2:]}C06500000",
        trading_class=trading_class,
        min_tick=Decimal("0.05"),
        long_name="S&P 500 Stock Index",
        multiplier=100,
        expiry=SPX_EXPIRY,
        strike=Decimal(6500),
        right="C",
        underlying_con_id=SPX_CON_ID,
        style="european",
        settlement="cash",
        price_steps=((Decimal(0), Decimal("0.05")), (Decimal(3), Decimal("0.10"))),
    )


_MORE = (
    ListedContract(
        con_id=QQQ_CON_ID,
        symbol="QQQ",
        sec_type="STK",
        exchange="SMART",
        primary_exchange="NASDAQ",
        currency="USD",
        local_symbol="QQQ",
        trading_class="NMS",
        min_tick=Decimal("0.01"),
        long_name="INVESCO QQQ TRUST SERIES 1",
        stock_type="ETF",
    ),
    ListedContract(
        con_id=SPX_CON_ID,
        symbol="SPX",
        sec_type="IND",
        exchange="CBOE",
        primary_exchange="CBOE",
        currency="USD",
        local_symbol="SPX",
        trading_class="SPX",
        min_tick=Decimal("0.01"),
        long_name="S&P 500 Stock Index",
    ),
    _index_call(SPX_CALL_CON_ID, "SPX"),
    _index_call(SPXW_CALL_CON_ID, "SPXW"),
    ListedContract(
        con_id=EXPIRING_CALL_CON_ID,
        symbol="SPY",
        sec_type="OPT",
        exchange="SMART",
        primary_exchange="CBOE",
        currency="USD",
        local_symbol="SPY   261116C00645000",
        trading_class="SPY",
        min_tick=Decimal("0.01"),
        long_name="SPDR S&P 500 ETF TRUST",
        multiplier=100,
        expiry="20261116",
        strike=Decimal(645),
        right="C",
        underlying_con_id=756733,
        style="american",
        settlement="physical",
        last_trade_ns=CLOSE_NS,
        settlement_ns=CLOSE_NS,
    ),
    ListedContract(
        con_id=SPY_NEXT_CALL_655,
        symbol="SPY",
        sec_type="OPT",
        exchange="SMART",
        primary_exchange="CBOE",
        currency="USD",
        local_symbol="SPY   261117C00655000",
        trading_class="SPY",
        min_tick=Decimal("0.01"),
        long_name="SPDR S&P 500 ETF TRUST",
        multiplier=100,
        expiry="20261117",
        strike=Decimal(655),
        right="C",
        underlying_con_id=756733,
    ),
)


class ConformanceMarket(ScriptedMarket):
    """``ScriptedMarket`` with more contracts."""

    def __init__(self, start_ns: int = OPEN_NS + 3600 * 1_000_000_000) -> None:
        super().__init__(start_ns)
        self.set_quote(QQQ_CON_ID, 595.00, 595.02, 300)
        self.set_quote(SPX_CON_ID, 6500.00, 6501.00, 1)
        self.set_quote(SPX_CALL_CON_ID, 40.00, 40.50, 20)
        self.set_quote(SPXW_CALL_CON_ID, 41.00, 41.50, 20)
        self.set_quote(EXPIRING_CALL_CON_ID, 5.00, 5.04, 10)
        self.set_quote(SPY_NEXT_CALL_655, 1.00, 1.04, 10)

    def next_day(self) -> None:
        """Go on to the day after."""
        self.session_date = "2026-11-17"
        self.open_ns += _DAY_NS
        self.close_ns += _DAY_NS
        self.announce(SessionChange(self.now_ns, self.session_date, "day"))

    def contracts(self) -> Sequence[ListedContract]:
        """Return everything that is listed."""
        return (*CONTRACTS, *_MORE)

    def greeks(self, con_id: int) -> Greeks:
        """Return fixed greeks, with the right underlying's price."""
        fixed = super().greeks(con_id)
        if con_id not in {SPX_CALL_CON_ID, SPXW_CALL_CON_ID}:
            return fixed
        return fixed._replace(underlying_price=self.quote(SPX_CON_ID).last)
