"""The gate: what it approves, and that nothing else can make an approval."""

from decimal import Decimal

import msgspec
import pytest

from alphatrader.domain.approval import RiskApproved
from alphatrader.domain.contracts import Instrument, OptionKey, Right
from alphatrader.domain.orders import Leg, OrderIntent, OrderTicket
from alphatrader.domain.signals import Denial
from alphatrader.domain.state import TradingState
from alphatrader.execution.brackets import build_close
from alphatrader.risk.gate import GateContext, RiskGate
from alphatrader.risk.sizing import size_long_option
from alphatrader.settings import RiskLimits

GATE = RiskGate(RiskLimits())
KEY = OptionKey("SPY", "20261123", Decimal(651), Right.CALL)
CONTEXT = GateContext(
    trading_state=TradingState.ACTIVE,
    blocks=(),
    breaker_denials=(),
    open_positions=0,
    busy_underlying=False,
    cooling_down_s=0.0,
    available_usd=Decimal(100_000),
    ordinary_session=True,
)


def bracket(**changes: object) -> OrderIntent:
    tickets = (
        OrderTicket(1, Leg.ENTRY, "BUY", 4, "LMT", "DAY", limit_price=Decimal("1.50")),
        OrderTicket(2, Leg.STOP, "SELL", 4, "STP", "GTC", stop_price=Decimal("1.10"), parent_id=1, oca_group="g"),
        OrderTicket(3, Leg.TARGET, "SELL", 4, "LMT", "GTC", limit_price=Decimal("2.10"), parent_id=1, oca_group="g"),
    )
    intent = OrderIntent(
        "r.1", 1000, "open", tickets, 0, 1, premium_usd=Decimal(600), risk_usd=Decimal(166), con_id=7, contract=KEY
    )
    return msgspec.structs.replace(intent, **changes)


def codes(verdict: RiskApproved[OrderIntent] | list[Denial]) -> set[str]:
    return set() if isinstance(verdict, RiskApproved) else {denial.code for denial in verdict}


def test_a_sound_bracket_is_approved() -> None:
    verdict = GATE.check_open(bracket(), CONTEXT)
    assert isinstance(verdict, RiskApproved)
    assert verdict.value == bracket()


def test_an_approval_cannot_be_made_by_hand() -> None:
    with pytest.raises(TypeError, match="outside the risk gate"):
        RiskApproved(bracket(), (), object())


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"trading_state": TradingState.HALTED}, "trading_state"),
        ({"trading_state": TradingState.REDUCING}, "trading_state"),
        ({"ordinary_session": False}, "market_closed"),
        ({"open_positions": 2}, "max_open_positions"),
        ({"busy_underlying": True}, "underlying_busy"),
        ({"cooling_down_s": 3.0}, "cooldown"),
        ({"available_usd": None}, "funds_unknown"),
        ({"available_usd": Decimal(599)}, "funds"),
        ({"blocks": (Denial("feed_quote_stale", "x"),)}, "feed_quote_stale"),
        ({"breaker_denials": (Denial("daily_loss", "x"),)}, "daily_loss"),
    ],
)
def test_each_missing_condition_denies(change: dict[str, object], code: str) -> None:
    values = {name: getattr(CONTEXT, name) for name in CONTEXT.__slots__}
    assert codes(GATE.check_open(bracket(), GateContext(**{**values, **change}))) == {code}


def tickets_with(index: int, **changes: object) -> tuple[OrderTicket, ...]:
    tickets = list(bracket().tickets)
    tickets[index] = msgspec.structs.replace(tickets[index], **changes)
    return tuple(tickets)


@pytest.mark.parametrize(
    ("tickets", "code"),
    [
        (tickets_with(0, side="SELL"), "opening_short"),
        (tickets_with(0, quantity=0), "size_zero"),
        (tickets_with(1, quantity=5), "opening_short"),
        (tickets_with(1, side="BUY"), "opening_short"),
        (tickets_with(1, parent_id=0), "opening_short"),
        (bracket().tickets[::2], "no_stop"),
        (tickets_with(1, quantity=3), "no_stop"),
        (tickets_with(1, stop_price=None), "no_stop"),
        (tickets_with(1, order_type="MKT"), "no_stop"),
        (tickets_with(1, time_in_force="DAY"), "no_stop"),
        (tickets_with(1, stop_price=Decimal("1.50")), "bad_stop"),
        (tickets_with(2, oca_group="other"), "no_oca"),
    ],
)
def test_only_a_protected_long_option_may_open(tickets: tuple[OrderTicket, ...], code: str) -> None:
    assert codes(GATE.check_open(bracket(tickets=tickets), CONTEXT)) == {code}


def test_limits_hold_even_if_sizing_was_wrong() -> None:
    assert codes(GATE.check_open(bracket(premium_usd=Decimal(2_501)), CONTEXT)) == {"max_premium"}
    assert codes(GATE.check_open(bracket(risk_usd=Decimal(251)), CONTEXT)) == {"risk_budget"}
    assert codes(GATE.check_open(bracket(risk_usd=Decimal(0)), CONTEXT)) == {"not_measured"}
    assert codes(GATE.check_open(bracket(contract=None), CONTEXT)) == {"not_measured"}
    many = tuple(msgspec.structs.replace(ticket, quantity=11) for ticket in bracket().tickets)
    assert codes(GATE.check_open(bracket(tickets=many), CONTEXT)) == {"max_contracts"}


OPTION = Instrument(1000, "SPY", 7, "option", Decimal("0.01"), 100, KEY)


@pytest.mark.parametrize(("held", "outgoing", "approved"), [(4, 0, True), (4, 1, False), (3, 0, False), (0, 0, False)])
def test_closing_never_sells_more_than_is_held(held: int, outgoing: int, approved: bool) -> None:
    intent = build_close(OPTION, 4, "r.2", 9, Decimal("1.00"), 0, 1)
    assert isinstance(GATE.check_close(intent, held, outgoing), RiskApproved) == approved


def test_size_is_the_floor_of_the_budget_and_says_what_bound_it() -> None:
    size = size_long_option(Decimal("1.50"), Decimal("1.10"), 100, Decimal(100_000), RiskLimits())
    assert size.quantity == 6, "floor(250 / (40 + 1.40))"
    assert size.bound_by == "risk budget"
    assert size.risk_usd == Decimal("248.40")
    assert size_long_option(Decimal("1.50"), Decimal("1.10"), 100, Decimal(310), RiskLimits()).quantity == 2
    assert size_long_option(Decimal("9.00"), Decimal("6.00"), 100, Decimal(100_000), RiskLimits()).quantity == 0
