"""Exit plans are journaled: what a later build reads is what was meant."""

from decimal import Decimal

import msgspec
import pytest

from alphatrader.domain.exit_plans import ExitPlan, LatestExit, StopTerms, TargetStep, TrailingRule

WHOLE = ExitPlan(
    stop=StopTerms(kind="underlying_price", loss_fraction=0.5, underlying_price=Decimal("645.50"), trigger_method=7),
    targets=(TargetStep(gain_fraction=0.2, share=0.5), TargetStep(gain_fraction=0.4, share=0.25)),
    trailing=TrailingRule(start_gain_fraction=0.2, distance_fraction=0.1),
    max_hold_s=3_600.0,
    latest=LatestExit(kind="overnight_until", date="2026-11-25", clock="10:00"),
    at_expiry="close",
)


@pytest.mark.parametrize("plan", [WHOLE, ExitPlan(stop=StopTerms(loss_fraction=0.25))])
def test_a_plan_is_read_back_as_it_was_written(plan: ExitPlan) -> None:
    assert msgspec.json.decode(msgspec.json.encode(plan), type=ExitPlan) == plan


def test_a_plan_that_says_little_ends_by_its_stop_and_its_expiry_alone() -> None:
    plan = ExitPlan(stop=StopTerms(loss_fraction=0.25))
    assert (plan.targets, plan.trailing, plan.max_hold_s, plan.latest, plan.at_expiry) == ((), None, 0.0, None, "")
    assert (plan.stop.kind, plan.stop.trigger_method) == ("option_price", 0)
    assert TargetStep(gain_fraction=0.4).share == 1.0


@pytest.mark.parametrize(
    "text",
    [
        b"{}",
        b'{"stop":{"loss_fraction":0.2,"kind":"hope"}}',
        b'{"stop":{"loss_fraction":0.2,"trigger_method":5}}',
        b'{"stop":{"loss_fraction":0.2},"at_expiry":"exercise"}',
        b'{"stop":{"loss_fraction":0.2},"latest":{"kind":"someday"}}',
    ],
)
def test_terms_that_are_none_are_refused_where_they_are_read(text: bytes) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(text, type=ExitPlan)
