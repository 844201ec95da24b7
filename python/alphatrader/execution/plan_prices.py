"""From an exit plan's fractions to prices, quantities and instants. Shared by brackets, the keeper and shadow trades.

Prices in dollars per share as ``Decimal``; instants in engine nanoseconds; dates are New York dates.
"""

from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_HALF_UP, ROUND_UP, Decimal

from alphatrader import calendar
from alphatrader.domain.contracts import OptionKey, Right
from alphatrader.domain.errors import ClosedMarketError, DataError
from alphatrader.domain.exit_plans import ExitPlan
from alphatrader.execution.settings import ExecutionSettings

_NS = 1_000_000_000


def round_to_tick(price: Decimal, tick: Decimal, rounding: str) -> Decimal:
    """Round a price to a multiple of ``tick`` (ROUND_UP / ROUND_DOWN), at least one tick."""
    steps = (price / tick).to_integral_value(rounding=rounding)
    return max(tick, steps * tick)


def stop_price(plan: ExitPlan, reference: Decimal, tick: Decimal) -> Decimal:
    """Return the option price at which the plan's loss is taken, whatever kind of stop stands for it."""
    return round_to_tick(reference * (1 - Decimal(repr(plan.stop.loss_fraction))), tick, ROUND_DOWN)


def target_prices(plan: ExitPlan, reference: Decimal, tick: Decimal) -> list[Decimal]:
    """Return the limit of each target, in the plan's order."""
    return [round_to_tick(reference * (1 + Decimal(repr(step.gain_fraction))), tick, ROUND_UP) for step in plan.targets]


def step_quantities(plan: ExitPlan, quantity: int) -> list[tuple[int, int | None]]:
    """Split contracts over the plan's steps: (contracts, index of their target; None = only a stop).

    Rounded along the cumulative shares, so that any quantity adds up; steps without a contract are left out.
    """
    if not plan.targets:
        return [(quantity, None)]
    steps: list[tuple[int, int | None]] = []
    share, given = Decimal(0), 0
    for index, target in enumerate(plan.targets):
        share += Decimal(repr(target.share))
        upto = min(quantity, int((share * quantity).to_integral_value(rounding=ROUND_HALF_UP)))
        if upto > given:
            steps.append((upto - given, index))
            given = upto
    if given < quantity:
        steps.append((quantity - given, None))
    return steps


def trailing_stop(plan: ExitPlan, reference: Decimal, best_bid: float, tick: Decimal) -> Decimal | None:
    """Return where the stop should stand by the trailing rule, None while it does not trail yet."""
    rule = plan.trailing
    if rule is None or best_bid < float(reference) * (1 + rule.start_gain_fraction):
        return None
    return round_to_tick(Decimal(repr(best_bid)) * (1 - Decimal(repr(rule.distance_fraction))), tick, ROUND_DOWN)


def underlying_stopped(plan: ExitPlan, right: Right, spot: float | None) -> bool:
    """Whether the underlying is at or past the price at which the plan's stop waits for it."""
    price = plan.stop.underlying_price
    if plan.stop.kind != "underlying_price" or price is None or spot is None:
        return False
    return spot >= float(price) if right is Right.PUT else spot <= float(price)


@dataclass(frozen=True, slots=True)
class Deadline:
    """When a trade must begin to leave at the latest, and why; ``last_trade_ns`` is the end of trading in it."""

    exit_ns: int | None
    reason: str
    last_trade_ns: int | None


def deadline_of(plan: ExitPlan, contract: OptionKey | None, settings: ExecutionSettings) -> Deadline:
    """Return the latest exit of a trade by its plan and by the expiry of its contract, whichever comes first.

    A date without a session in the calendar closes the trade at once, and so does what is no date or time: what cannot
    be known must not be held over.
    """
    try:
        latest = _latest(plan, settings)
        expiry = _expiry(plan, contract, settings) if contract is not None else None
        last_ns = _last_trade_ns(contract) if contract is not None else None
    except (ClosedMarketError, DataError, ValueError, OverflowError, OSError) as error:
        # The last two: an instant that no clock of the machine can show.
        return Deadline(0, f"its exit plan cannot be placed in the calendar ({error})", None)
    due = [found for found in (latest, expiry) if found is not None]
    if not due:
        return Deadline(None, "", last_ns)
    exit_ns, reason = min(due)
    return Deadline(exit_ns, reason, last_ns)


@dataclass(frozen=True, slots=True)
class Outset:
    """Where a trade would begin: the instant, the option's quote and tick, the underlying's mid (None = not known)."""

    now_ns: int
    bid: Decimal
    ask: Decimal
    tick: Decimal
    spot: float | None


def ends_at_once(plan: ExitPlan, contract: OptionKey, outset: Outset, settings: ExecutionSettings) -> str:
    """Return why a trade that begins now would be ended at once, by its plan or its expiry; empty if it would not.

    Such a trade costs the spread and gains nothing, and the strategy would want the next one.
    """
    deadline = deadline_of(plan, contract, settings)
    if deadline.exit_ns is not None and outset.now_ns >= deadline.exit_ns:
        return f"the trade would be closed at once: {deadline.reason}"
    if deadline.last_trade_ns is not None and outset.now_ns >= deadline.last_trade_ns:
        return "its contract has stopped trading"
    if plan.stop.kind == "option_price":
        stop = stop_price(plan, outset.ask, outset.tick)
        return "" if stop < outset.bid else f"its stop at {stop} is not under the bid of {outset.bid}"
    if outset.spot is None:
        return "there is no quote of the underlying to judge its stop by"
    if underlying_stopped(plan, contract.right, outset.spot):
        return f"the underlying at {outset.spot:.2f} is past its stop at {plan.stop.underlying_price} already"
    return ""


def _latest(plan: ExitPlan, settings: ExecutionSettings) -> tuple[int, str] | None:
    latest = plan.latest
    if latest is None:
        return None
    if latest.kind == "at":
        return latest.ts_ns, f"the latest exit of its plan, {calendar.to_text(latest.ts_ns)}"
    close_ns = calendar.session_for(latest.date).close_ns
    if latest.kind == "before_close":
        return close_ns - int(latest.lead_s * _NS), f"{latest.lead_s:.0f} s before the close of {latest.date}"
    until_ns = calendar.to_ns(latest.date, latest.clock)
    planned = f"held until {latest.date} {latest.clock}, as planned"
    if until_ns < close_ns:
        return until_ns, planned
    # After the close, of a half day too, nothing can be sold before the next session, which the plan excludes.
    return close_ns - int(settings.expiry_lead_s * _NS), f"{planned}, which is after the close"


def trading_ends_ns(contract: OptionKey | None, session: calendar.Session) -> int:
    """Return until when a contract is traded on the day of a session: classes that trade late do so on every day."""
    if contract is None:
        return session.close_ns
    listed_class = contract.trading_class or contract.symbol
    return max(session.close_ns, calendar.option_last_trade_ns(listed_class, session.date.replace("-", "")))


def _last_trade_ns(contract: OptionKey) -> int:
    return calendar.option_last_trade_ns(contract.trading_class or contract.symbol, contract.expiry)


def _expiry(plan: ExitPlan, contract: OptionKey, settings: ExecutionSettings) -> tuple[int, str] | None:
    """Return when a contract must be left because it expires; None if it may settle."""
    listed_class = contract.trading_class or contract.symbol
    cash = calendar.cash_settled(listed_class)
    if cash and plan.at_expiry != "close":
        return None
    last_ns = _last_trade_ns(contract)
    if cash:
        return last_ns - int(settings.expiry_lead_s * _NS), "it expires, and its plan says to close"
    # A physical contract is never left to be exercised, whatever its plan says: shares for it were not budgeted.
    close_ns = calendar.latest_session(calendar.expiry_date(contract.expiry)).close_ns
    return close_ns - int(settings.physical_cutoff_s * _NS), "it expires today and is settled in shares"
