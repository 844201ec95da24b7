"""Shadow trades: the outcome that a signal would have had, by the quotes alone."""

from decimal import Decimal

import pytest
from tests.execution.terms import OPEN_NS, TODAY, S, option, plan, signal

from alphatrader.domain.contracts import Instrument, Right
from alphatrader.domain.exit_plans import ExitPlan, LatestExit, StopTerms
from alphatrader.execution.settings import ExecutionSettings
from alphatrader.execution.shadow import ShadowExit, ShadowTrade

SETTINGS = ExecutionSettings()
SPOT = 650.0


class Shadow:
    """Bought at 1.50 at the opening of the session; seconds count from there."""

    def __init__(self, exit_plan: ExitPlan, quantity: int = 4, instrument: Instrument | None = None) -> None:
        instrument = instrument or option()
        self.trade = ShadowTrade(signal(exit_plan, instrument), instrument, quantity, OPEN_NS)

    def see(self, at_s: float, bid: float | None, spot: float | None = SPOT) -> bool:
        return self.trade.step(OPEN_NS + int(at_s * S), bid, spot, SETTINGS)

    @property
    def exits(self) -> list[tuple[int, str, str]]:
        return [(part.quantity, str(part.price), part.reason) for part in self.trade.exits]


def test_it_holds_while_nothing_ends_it() -> None:
    shadow = Shadow(plan((0.4, 1.0)))
    assert not shadow.see(1, 1.40)
    assert shadow.trade.open_quantity == 4
    assert shadow.trade.result_usd == 0
    assert shadow.trade.exit_price == 0


def test_a_stop_is_executed_at_the_bid_that_reached_it() -> None:
    shadow = Shadow(plan((0.4, 1.0)))
    assert not shadow.see(1, 1.13)
    assert shadow.see(2, 1.12)
    assert shadow.exits == [(4, "1.12", "stop")]


def test_a_gap_through_the_stop_is_paid() -> None:
    shadow = Shadow(plan((0.4, 1.0)))
    assert shadow.see(1, 0.60)
    assert shadow.exits == [(4, "0.6", "stop")]
    assert shadow.trade.result_usd == Decimal(-360), "ninety cents a share of four contracts"


def test_a_target_is_executed_at_its_limit_and_no_better() -> None:
    shadow = Shadow(plan((0.4, 1.0)))
    assert not shadow.see(1, 2.09)
    assert shadow.see(2, 2.50)
    assert shadow.exits == [(4, "2.10", "target")]
    assert shadow.trade.result_usd == Decimal(240)


def test_targets_are_taken_in_steps_and_the_rest_runs() -> None:
    shadow = Shadow(plan((0.2, 0.5), (0.4, 0.25)), quantity=8)
    assert not shadow.see(1, 1.80)
    assert shadow.exits == [(4, "1.80", "target")]
    assert not shadow.see(2, 1.85), "the same target is not taken twice"
    assert not shadow.see(3, 2.10)
    assert shadow.trade.open_quantity == 2
    assert not shadow.see(4, 9.00), "what has no target runs"
    assert shadow.see(5, 1.00)
    assert shadow.exits == [(4, "1.80", "target"), (2, "2.10", "target"), (2, "1.0", "stop")]
    assert shadow.trade.exit_price == (4 * Decimal("1.80") + 2 * Decimal("2.10") + 2) / 8


def test_several_targets_can_be_reached_at_once() -> None:
    shadow = Shadow(plan((0.2, 0.5), (0.4, 0.5)), quantity=4)
    assert shadow.see(1, 3.00)
    assert shadow.exits == [(2, "1.80", "target"), (2, "2.10", "target")]


def test_a_stop_that_trails_follows_the_best_bid_and_never_falls() -> None:
    shadow = Shadow(plan(trailing=(0.2, 0.1)))
    assert not shadow.see(1, 1.79)
    assert not shadow.see(2, 1.20), "it does not trail before its gain"
    assert not shadow.see(3, 2.00)
    assert not shadow.see(4, 1.81)
    assert shadow.see(5, 1.80)
    assert shadow.exits == [(4, "1.8", "stop")]


def test_the_longest_hold_ends_it_at_the_bid() -> None:
    shadow = Shadow(plan((0.4, 1.0), max_hold_s=60.0))
    assert not shadow.see(60, 1.40)
    assert shadow.see(61, 1.40)
    assert shadow.exits == [(4, "1.4", "held 60 s, the longest the strategy allows")]


def test_its_deadline_ends_it_at_the_bid() -> None:
    latest = LatestExit(kind="before_close", date=TODAY, lead_s=600)
    shadow = Shadow(plan(latest=latest), instrument=option("20261218"))
    assert not shadow.see(380 * 60 - 1, 1.40)
    assert shadow.see(380 * 60, 1.40)
    assert shadow.exits == [(4, "1.4", f"600 s before the close of {TODAY}")]


def test_a_contract_of_shares_is_left_before_its_cut_off() -> None:
    shadow = Shadow(plan())
    assert not shadow.see(370 * 60 - 1, 1.40)
    assert shadow.see(370 * 60, 1.40)


def test_without_a_bid_it_waits_for_the_next() -> None:
    shadow = Shadow(plan((0.4, 1.0), max_hold_s=60.0))
    assert not shadow.see(100, None)
    assert shadow.see(101, 1.40)
    assert shadow.exits[0][1] == "1.4"


@pytest.mark.parametrize(
    ("bid", "price", "reason"),
    [(None, "0", "it stopped trading without a bid"), (5.0, "5.0", "it stopped trading")],
)
def test_what_is_open_at_its_last_trade_is_worth_its_bid_or_nothing(bid: float | None, price: str, reason: str) -> None:
    shadow = Shadow(plan(), instrument=option("20261124", listed_class="SPXW"))
    assert not shadow.see(390 * 60 - 1, bid)
    assert shadow.see(390 * 60, bid)
    assert shadow.exits == [(4, price, reason)]


UNDERLYING = StopTerms(kind="underlying_price", loss_fraction=0.5, underlying_price=Decimal(648))


@pytest.mark.parametrize(
    ("right", "safe", "past"),
    [(Right.CALL, (648.01, 700.0), (648.0, 600.0)), (Right.PUT, (647.99, 600.0), (648.0, 700.0))],
)
def test_a_stop_on_the_underlying_looks_at_the_side_that_hurts(
    right: Right, safe: tuple[float, ...], past: tuple[float, ...]
) -> None:
    for spot in safe:
        assert not Shadow(plan(stop=UNDERLYING), instrument=option(right=right)).see(1, 1.40, spot)
    for spot in past:
        shadow = Shadow(plan(stop=UNDERLYING), instrument=option(right=right))
        assert shadow.see(1, 1.40, spot)
        assert shadow.exits == [(4, "1.4", "stop")]


def test_a_stop_on_the_underlying_does_not_look_at_the_option_nor_at_nothing() -> None:
    shadow = Shadow(plan(stop=UNDERLYING))
    assert not shadow.see(1, 0.10, 650.0)
    assert not shadow.see(2, 0.10, None)


def test_it_can_be_ended_from_outside() -> None:
    held, worthless = Shadow(plan()), Shadow(plan())
    held.trade.end(1.25, "the run ended")
    worthless.trade.end(None, "the run ended")
    assert held.trade.exits == [ShadowExit(4, Decimal("1.25"), "the run ended")]
    assert worthless.trade.result_usd == Decimal(-600)
    held.trade.end(9.0, "again")
    assert len(held.trade.exits) == 1
