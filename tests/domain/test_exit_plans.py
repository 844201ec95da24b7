"""Exit plans are journaled: what a later build reads is what was meant."""

from decimal import Decimal
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from alphatrader.domain.exit_plans import ExitPlan, LatestExit, StopTerms, TargetStep, TrailingRule

WHOLE = ExitPlan(
    stop=StopTerms(kind="underlying_price", loss_fraction=0.5, underlying_price=Decimal("645.50"), trigger_method=7),
    targets=(TargetStep(gain_fraction=0.2, share=0.5), TargetStep(gain_fraction=0.4, share=0.25)),
    trailing=TrailingRule(start_gain_fraction=0.2, distance_fraction=0.1),
    max_hold_s=3_600.0,
    latest=LatestExit(kind="overnight_until", date="2026-11-25", clock="10:00"),
    at_expiry="close",
)
WHOLE_STOP = StopTerms(loss_fraction=0.25)


@pytest.mark.parametrize("plan", [WHOLE, ExitPlan(stop=StopTerms(loss_fraction=0.25))])
def test_a_plan_is_read_back_as_it_was_written(plan: ExitPlan) -> None:
    assert msgspec.json.decode(msgspec.json.encode(plan), type=ExitPlan) == plan


def test_a_plan_that_says_little_ends_by_its_stop_and_its_expiry_alone() -> None:
    plan = ExitPlan(stop=StopTerms(loss_fraction=0.25))
    assert (plan.targets, plan.trailing, plan.max_hold_s, plan.latest, plan.at_expiry) == ((), None, 0.0, None, "")
    assert (plan.stop.kind, plan.stop.trigger_method) == ("option_price", 0)
    assert TargetStep(gain_fraction=0.4).share == 1.0


def stop(**changes: Any) -> ExitPlan:
    return ExitPlan(stop=StopTerms(**{"loss_fraction": 0.25} | changes))


def targets(*steps: tuple[float, float]) -> ExitPlan:
    return ExitPlan(stop=WHOLE_STOP, targets=tuple(TargetStep(gain_fraction=g, share=s) for g, s in steps))


def latest(**changes: Any) -> ExitPlan:
    return ExitPlan(stop=WHOLE_STOP, latest=LatestExit(**changes))


def trailing(start: float, distance: float) -> ExitPlan:
    return ExitPlan(stop=WHOLE_STOP, trailing=TrailingRule(start_gain_fraction=start, distance_fraction=distance))


@pytest.mark.parametrize(
    "plan",
    [
        replace(WHOLE, trailing=None),
        stop(loss_fraction=1.0),
        targets((0.2, 0.5), (0.4, 0.5)),
        targets(*((0.1 * step, 0.1) for step in range(1, 11))),
        targets((0.2, 0.6), (0.4, 0.3), (0.6, 1 - 0.6 - 0.3)),
        trailing(0.0, 0.1),
        latest(kind="at", ts_ns=1),
        latest(kind="before_close", date="2026-11-27"),
        latest(kind="overnight_until", date="2026-11-27", clock="09:45"),
    ],
)
def test_a_sound_plan_has_no_fault(plan: ExitPlan) -> None:
    assert plan.fault() == ""


NAN, INFINITE = float("nan"), float("inf")
UNREADABLE = "could not be read back from the journal"


@pytest.mark.parametrize(
    ("plan", "words"),
    [
        *((stop(loss_fraction=loss), "loss_fraction") for loss in (0.0, -0.25, 1.5)),
        *((stop(loss_fraction=loss), UNREADABLE) for loss in (NAN, INFINITE, "a quarter", None)),
        (stop(kind="hope"), UNREADABLE),
        (stop(trigger_method=5), UNREADABLE),
        (stop(underlying_price=Decimal(640)), "names one of the underlying"),
        (stop(kind="underlying_price"), "names none"),
        (stop(kind="underlying_price", underlying_price=640.1), "as a Decimal"),
        *(
            (stop(kind="underlying_price", underlying_price=Decimal(price)), "underlying_price")
            for price in ("NaN", "Infinity", "0", "-640")
        ),
        (WHOLE, "only a stop on the option's price can trail"),
        *((targets((gain, 1.0)), "gain_fraction") for gain in (0.0, -0.5)),
        *((targets((gain, 1.0)), UNREADABLE) for gain in (NAN, INFINITE)),
        *((targets((0.4, share)), "share") for share in (0.0, -0.5, 1.1)),
        (targets((0.2, 0.9), (0.4, 0.6)), "add up to 1.5"),
        (targets((0.2, -0.5), (0.4, 0.6)), "share is -0.5"),
        (targets((0.4, 0.5), (0.2, 0.5)), "order of price"),
        (replace(targets(), targets=None), UNREADABLE),
        *((trailing(start, 0.1), "start_gain_fraction") for start in (-0.1,)),
        *((trailing(0.1, distance), "distance_fraction") for distance in (0.0, 1.0, -0.1)),
        (trailing(NAN, 0.1), UNREADABLE),
        (replace(targets(), max_hold_s=-1.0), "max_hold_s"),
        (replace(targets(), max_hold_s=NAN), UNREADABLE),
        (replace(targets(), max_hold_s=INFINITE), UNREADABLE),
        (replace(targets(), at_expiry="exercise"), UNREADABLE),
        (latest(kind="someday"), UNREADABLE),
        (latest(kind="at"), "no instant"),
        *((latest(kind="before_close", date=date), "date") for date in ("", "2026-02-30", "20261127", "tomorrow")),
        (latest(kind="before_close", date="2026-11-27", lead_s=-1.0), "lead_s"),
        (latest(kind="before_close", date="2026-11-27", lead_s=NAN), UNREADABLE),
        *(
            (latest(kind="overnight_until", date="2026-11-27", clock=clock), "time of the day")
            for clock in ("", "25:00", "9:45", "09:45+01:00", "noon")
        ),
        (latest(kind="overnight_until", date="2026-11-31", clock="09:45"), "date"),
    ],
)
def test_a_plan_that_nobody_could_carry_out_or_read_back_says_why(plan: ExitPlan, words: str) -> None:
    assert words in plan.fault()


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
