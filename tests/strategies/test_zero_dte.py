"""The 0DTE strategy: when it looks, what it makes of the flow, and on which terms it wants to trade."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from pydantic import ValidationError
from tests.signals.vectors import END_NS, SESSION, SOURCES, exposure, vector, without

from alphatrader.calendar import session_for, to_ns
from alphatrader.domain.contracts import Right
from alphatrader.domain.exit_plans import ExitPlan, StopTerms, TargetStep
from alphatrader.signals.features import FeatureVector
from alphatrader.strategies.base import Assessment, WatchPlan, WatchView
from alphatrader.strategies.zero_dte import ZeroDte, ZeroDteSettings

RISING, FALLING = vector(), vector(drift=-0.004)


def assess(features: FeatureVector, **settings: Any) -> Assessment:
    return ZeroDte("zero_dte", ZeroDteSettings(**settings)).assess(features)


def contributions(assessment: Assessment) -> dict[str, float]:
    assert assessment.idea is not None
    return {reason.name: reason.contribution for reason in assessment.idea.reasons}


# ------------------------------------------------------------------------------------------ an idea


@pytest.mark.parametrize(("features", "direction", "right"), [(RISING, "bullish", "C"), (FALLING, "bearish", "P")])
def test_one_sided_flow_is_followed(features: FeatureVector, direction: str, right: str) -> None:
    assessment = assess(features)
    assert (assessment.code, assessment.direction) == ("ok", direction)
    idea = assessment.idea
    assert idea is not None
    assert (idea.strategy, idea.symbol, idea.right, idea.expiry) == ("zero_dte", "SPY", Right(right), "20251124")
    assert idea.score == assessment.score


def test_it_trades_under_the_name_of_its_block() -> None:
    idea = ZeroDte("second", ZeroDteSettings(target_delta=0.3)).assess(RISING).idea
    assert idea is not None
    assert (idea.strategy, idea.target_delta) == ("second", 0.3)


def test_its_terms_are_a_stop_a_target_and_a_longest_hold() -> None:
    idea = assess(RISING, stop_loss_fraction=0.3, take_profit_fraction=0.5, max_hold_s=90).idea
    assert idea is not None
    assert idea.exit_plan == ExitPlan(
        stop=StopTerms(loss_fraction=0.3), targets=(TargetStep(gain_fraction=0.5),), max_hold_s=90.0
    )


def test_every_input_gives_its_reason_in_words() -> None:
    idea = assess(RISING).idea
    assert idea is not None
    assert [reason.name for reason in idea.reasons] == [
        "order_flow_imbalance", "aggressor_volume", "momentum", "book_imbalance", "dealer_gamma", "vpin",
    ]  # fmt: skip
    texts = {reason.name: reason.text for reason in idea.reasons}
    assert texts["aggressor_volume"] == "net aggressor volume +100% over 60 s"
    assert "dealers short gamma" in texts["dealer_gamma"]


# ------------------------------------------------------------------------------------------ the score


def test_the_score_is_the_weighted_mean_of_its_inputs_damped() -> None:
    assessment = assess(RISING, quiet_vpin_damping=1.0)
    values = {reason.name: reason.value for reason in assessment.idea.reasons}  # type: ignore[union-attr]
    weights = {"order_flow_imbalance": 0.35, "aggressor_volume": 0.25, "momentum": 0.30, "book_imbalance": 0.10}
    expected = sum(weights[name] * values[name] for name in weights)
    assert assessment.score == pytest.approx(expected)
    assert sum(contributions(assessment).values()) == pytest.approx(expected)


def test_weights_are_shares_whatever_their_sum() -> None:
    doubled = {"flow_weight": 0.7, "volume_weight": 0.5, "momentum_weight": 0.6, "book_weight": 0.2}
    assert assess(RISING, **doubled).score == pytest.approx(assess(RISING).score)
    alone = {"flow_weight": 0, "volume_weight": 3, "momentum_weight": 0, "book_weight": 0, "quiet_vpin_damping": 1.0}
    assert assess(RISING, **alone).score == pytest.approx(1.0), "every print lifted the offer"


def test_without_any_weight_there_is_no_block() -> None:
    nothing = dict.fromkeys(("flow_weight", "volume_weight", "momentum_weight", "book_weight"), 0)
    with pytest.raises(ValidationError, match="all four weights are 0"):
        ZeroDteSettings(**nothing)  # type: ignore[arg-type]


def test_a_score_under_the_least_is_no_idea_and_keeps_its_direction() -> None:
    assessment = assess(FALLING, min_score=0.99)
    assert (assessment.code, assessment.direction, assessment.idea) == ("score_low", "bearish", None)
    assert 0 < assessment.score < 0.99
    exactly = assess(RISING, min_score=assess(RISING).score)
    assert exactly.idea is not None, "the least itself is enough"


def test_momentum_counts_in_standard_deviations_and_is_clipped() -> None:
    def momentum(scale: float) -> float:
        return contributions(assess(RISING, momentum_scale_sigmas=scale, min_score=0.01))["momentum"] / 0.30

    assert momentum(1e-6) == pytest.approx(1.0)
    assert momentum(1e6) == pytest.approx(0, abs=1e-4)
    features = RISING
    change, volatility = features.value("return_60s"), features.value("volatility_300s")
    assert change is not None
    assert volatility is not None
    sigma = volatility * (60 / (252 * 390 * 60)) ** 0.5
    assert momentum(50.0) == pytest.approx(change / (50.0 * sigma))


def test_dealers_long_gamma_damp_the_score_and_short_ones_do_not() -> None:
    short, long = assess(RISING), assess(vector(state=exposure(calls=4_000, puts=1_000)))
    assert long.score == pytest.approx(short.score * 0.85)
    unknown = assess(vector(without("chain")))
    assert unknown.score == pytest.approx(short.score)
    assert unknown.idea is not None
    assert "dealer gamma not known" in [reason.text for reason in unknown.idea.reasons]


@pytest.mark.parametrize("floor", [0.25, 0.5, 1.0])
def test_the_score_is_damped_the_lower_vpin_stands_in_its_day(floor: float) -> None:
    undamped = assess(RISING, quiet_vpin_damping=1.0, min_score=0.01).score
    quantile = RISING.value("vpin_cdf")
    assert quantile is not None
    damped = assess(RISING, quiet_vpin_damping=floor, min_score=0.01).score
    assert damped == pytest.approx(undamped * (floor + (1 - floor) * quantile))


@given(st.floats(-0.02, 0.02), st.floats(0.01, 0.9))
def test_a_score_is_within_its_bounds_and_follows_the_side_of_the_flow(drift: float, least: float) -> None:
    assessment = assess(vector(drift=round(drift, 4), seconds=320), min_score=least)
    assert 0 <= assessment.score <= 1
    if assessment.idea is not None:
        assert assessment.score >= least
        assert (assessment.idea.right is Right.CALL) == (assessment.direction == "bullish")
        total = sum(reason.contribution for reason in assessment.idea.reasons)
        assert (total > 0) == (assessment.direction == "bullish")


# ------------------------------------------------------------------------------------------ without data


@pytest.mark.parametrize("source", ["quote", "trade"])
def test_without_quotes_or_prints_it_has_no_opinion(source: str) -> None:
    assert assess(vector(without(source))) == Assessment(0.0, None, None, "no_data")


def test_without_a_book_the_others_decide() -> None:
    assessment = assess(vector(without("depth")))
    assert assessment.code == "ok"
    assert contributions(assessment)["book_imbalance"] == 0.0


@pytest.mark.parametrize("source", ["news", "indicator"])
def test_it_does_not_read_news_and_indicators(source: str) -> None:
    assert assess(vector(without(source))).score == assess(RISING).score


def test_a_market_too_young_to_measure_has_no_opinion() -> None:
    assert assess(vector(seconds=30)).code == "no_data"


# ------------------------------------------------------------------------------------------ its hours


def at(instant_ns: int) -> Assessment:
    return assess(replace(RISING, now_ns=instant_ns))


def test_it_looks_from_a_quarter_of_an_hour_after_the_open_to_three_quarters_before_the_close() -> None:
    first, last = to_ns("2025-11-24", "09:45"), to_ns("2025-11-24", "15:15")
    assert at(first - 1) == Assessment(0.0, None, None, "outside_hours")
    assert at(first).code == at(last).code == "ok"
    assert at(last + 1) == Assessment(0.0, None, None, "outside_hours")
    assert at(SESSION.open_ns - 1).code == at(SESSION.close_ns + 1).code == "outside_hours"


def test_on_a_half_day_its_hours_end_earlier() -> None:
    half = session_for("2026-11-27")
    features = replace(RISING, session_date=half.date, session_open_ns=half.open_ns, session_close_ns=half.close_ns)
    assert assess(replace(features, now_ns=to_ns("2026-11-27", "12:15"))).code == "ok"
    assert assess(replace(features, now_ns=to_ns("2026-11-27", "12:16"))).code == "outside_hours"


def test_its_hours_can_be_set() -> None:
    assert assess(RISING, no_entry_first_s=(END_NS - SESSION.open_ns) / 1e9 + 3).code == "outside_hours"
    assert assess(RISING, no_entry_last_s=5 * 3_600).code == "outside_hours"
    assert assess(replace(RISING, now_ns=SESSION.open_ns), no_entry_first_s=0).code == "ok"


# ------------------------------------------------------------------------------------------ what it watches


def view(*expiries: str) -> WatchView:
    return WatchView("SPY", "2025-11-24", 650.0, expiries)


def test_it_watches_both_rights_of_the_strikes_around_spot_that_expire_today() -> None:
    strategy = ZeroDte("zero_dte", ZeroDteSettings(strikes_each_side=4))
    assert strategy.watch(view("20251124", "20251125")) == (WatchPlan("20251124", 8, (Right.CALL, Right.PUT)),)


def test_where_nothing_expires_today_it_watches_nothing() -> None:
    strategy = ZeroDte("zero_dte", ZeroDteSettings())
    assert strategy.watch(view("20251125")) == ()
    assert strategy.watch(view()) == ()


def test_the_same_moment_gets_the_same_answer() -> None:
    strategy = ZeroDte("zero_dte", ZeroDteSettings())
    first = strategy.assess(RISING)
    strategy.assess(FALLING)
    assert strategy.assess(vector(SOURCES)) == first
