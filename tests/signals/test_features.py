"""Features: every name has its unit and source, is read from there, and is unknown where that has told nothing."""

from math import log
from typing import Any

import pytest
from msgspec.structs import replace
from tests.signals.vectors import END_NS, SOURCES, S, exposure, vector, without

from alphatrader.analytics.exposures import ExposureState
from alphatrader.domain.view import StrikeView
from alphatrader.signals.features import FEATURES, Feature, FeatureVector

UNITS = {
    "spot": ("USD", "quote"),
    "return_60s": ("log return", "trade"),
    "return_300s": ("log return", "trade"),
    "distance_to_vwap": ("log return", "trade"),
    "volatility_300s": ("per year", "trade"),
    "order_book_imbalance": ("-1..1", "depth"),
    "order_flow_imbalance": ("-1..1", "quote"),
    "signed_volume_share": ("-1..1", "trade"),
    "vpin": ("0..1", "trade"),
    "vpin_cdf": ("quantile of its day", "trade"),
    "toxicity": ("0..1", "trade"),
    "odd_lot_share": ("share of prints", "trade"),
    "gex_usd_per_pct": ("USD per 1%", "chain"),
    "distance_to_zero_gamma": ("log return", "chain"),
    "distance_to_nearest_wall": ("log return", "chain"),
    "put_call_flow": ("-1..1", "chain"),
    "sentiment": ("-1..1", "news"),
    "rsi": ("0..100", "indicator"),
}
"""What strategies of users rely on: a name that goes or changes its meaning breaks them."""
ABSENT_HERE = {"distance_to_zero_gamma"}
"""The small chain's exposure does not change its sign."""


def test_names_units_and_sources_are_those_that_users_rely_on() -> None:
    assert {name: (spec.unit, spec.source) for name, spec in FEATURES.items()} == UNITS


@pytest.mark.parametrize("name", sorted(FEATURES.keys() - ABSENT_HERE))
def test_a_value_is_there_with_all_sources_and_unknown_without_its_own(name: str) -> None:
    assert vector().value(name) is not None
    bare = vector(without(FEATURES[name].source))
    assert bare.value(name) is None
    assert bare.age_ns(name) is None


@pytest.mark.parametrize("source", SOURCES)
def test_one_source_alone_tells_nothing_of_the_others(source: str) -> None:
    alone = vector((source,))
    for name, spec in FEATURES.items():
        if spec.source != source:
            assert alone.value(name) is None, name
            assert alone.age_ns(name) is None, name


def test_a_vector_of_nothing_is_unknown_throughout_and_raises_nothing() -> None:
    for feature in vector(()).describe():
        assert feature.value is None
        assert feature.age_ns is None


def test_ages_are_those_of_what_each_source_told_last() -> None:
    features = replace(vector(), now_ns=END_NS + 7 * S)
    ages = {"quote": 7, "trade": 7, "depth": 7, "chain": 12, "news": 67, "indicator": 37}
    for name, spec in FEATURES.items():
        assert features.age_ns(name) == ages[spec.source] * S, name


def test_a_source_that_fell_silent_ages_alone() -> None:
    features = vector(seconds=390)
    assert features.age_ns("spot") == 12 * S
    assert features.age_ns("return_60s") == 12 * S
    assert features.age_ns("order_book_imbalance") == 2 * S


def test_an_indicator_has_its_own_age_and_not_that_of_another() -> None:
    features = vector()
    assert features.age_ns("rsi") == 32 * S
    other = replace(features, technicals={"MACD": (END_NS, {"MACD": 0.1})})
    assert (other.value("rsi"), other.age_ns("rsi")) == (None, None)


def test_a_rising_market_reads_as_one() -> None:
    up, down = vector(), vector(drift=-0.004)
    for name in ("return_60s", "return_300s", "order_flow_imbalance", "signed_volume_share", "order_book_imbalance"):
        rising, falling = up.value(name), down.value(name)
        assert rising is not None
        assert falling is not None
        assert rising > 0 > falling, name
    assert up.value("signed_volume_share") == 1.0, "every print lifted the offer"
    assert down.value("signed_volume_share") == -1.0


def test_values_are_those_of_the_market_state() -> None:
    features = vector()
    snapshot = features.snapshot
    assert snapshot.bid is not None
    assert snapshot.ask is not None
    assert features.value("spot") == (snapshot.bid + snapshot.ask) / 2
    assert snapshot.mid is not None
    assert snapshot.vwap is not None
    assert features.value("distance_to_vwap") == log(snapshot.mid / snapshot.vwap)
    assert features.value("return_60s") == snapshot.return_60s
    assert features.value("return_300s") == snapshot.return_300s
    assert features.value("order_flow_imbalance") == snapshot.ofi_60s_normalised
    assert features.value("order_book_imbalance") == snapshot.obi_weighted
    assert features.value("vpin_cdf") == snapshot.vpin_cdf
    assert features.value("toxicity") == features.toxicity.score
    assert (features.value("sentiment"), features.value("rsi")) == (0.35, 61.5)


def test_the_sign_of_the_gamma_is_that_of_the_dealers() -> None:
    short, long = vector(), vector(state=exposure(calls=4_000, puts=1_000))
    assert short.value("gex_usd_per_pct") == pytest.approx(short.exposure.view.gex_usd_per_pct)  # type: ignore[union-attr]
    assert (short.value("gex_usd_per_pct") or 0) < 0 < (long.value("gex_usd_per_pct") or 0)


def strikes(**volumes: float | None) -> StrikeView:
    return StrikeView(650.0, 0, 0, 0, 0, 0, None, None, volumes["calls"], volumes["puts"])


def with_view(**values: Any) -> FeatureVector:
    features = vector()
    assert features.exposure is not None
    view = replace(features.exposure.view, **values)
    return replace(features, exposure=ExposureState(features.exposure.ts_ns, view))


def test_flow_of_puts_against_calls_is_of_their_volumes_and_unknown_without_any() -> None:
    one_sided = with_view(by_strike=(strikes(calls=100, puts=300), strikes(calls=None, puts=None)))
    assert one_sided.value("put_call_flow") == 0.5
    silent = with_view(by_strike=(strikes(calls=None, puts=None), strikes(calls=0, puts=0)))
    assert silent.value("put_call_flow") is None


def test_distances_are_measured_from_mid_to_the_nearest_wall_and_from_the_flip() -> None:
    near = with_view(call_wall=655.0, put_wall=640.0, zero_gamma_flip=648.0)
    mid = near.value("spot")
    assert near.value("distance_to_nearest_wall") == log(655.0 / mid)
    assert near.value("distance_to_zero_gamma") == log(mid / 648.0)
    one = with_view(call_wall=None, put_wall=640.0, zero_gamma_flip=None)
    assert one.value("distance_to_nearest_wall") == log(640.0 / mid)
    assert one.value("distance_to_zero_gamma") is None
    none = with_view(call_wall=None, put_wall=None)
    assert none.value("distance_to_nearest_wall") is None


def test_a_description_holds_every_feature_as_it_is_read() -> None:
    features = vector()
    described = features.describe()
    assert [feature.name for feature in described] == list(FEATURES)
    for feature in described:
        name = feature.name
        assert feature == Feature(name, features.value(name), *UNITS[name], features.age_ns(name))  # type: ignore[arg-type]


def test_no_strategy_can_change_what_the_next_one_reads() -> None:
    with pytest.raises(AttributeError):
        vector(()).now_ns = 0  # type: ignore[misc]


def test_a_name_that_is_none_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        vector(()).value("gamma_ray")
