"""Measures of prints and quotes against values worked out by hand."""

import numpy as np
import pytest

from alphatrader.sim.calibration import tape_measures as tapes
from alphatrader.sim.calibration.samples import TapeSample

S = 1_000_000_000


def sample(
    prints: list[tuple[float, float, float]],
    quotes: list[tuple[float, float, float]],
    length_s: int = 10,
    **fields: object,
) -> TapeSample:
    """Build a sample from (second, price, size) and (second, bid, ask); its session starts at second 0."""
    ts, price, size = (np.array(column, dtype=np.float64) for column in zip(*prints, strict=True))
    quote_ts, bid, ask = (np.array(column, dtype=np.float64) for column in zip(*quotes, strict=True))
    columns: dict[str, object] = {
        "lit": np.ones(len(ts), dtype=np.bool_),
        "sweep": np.zeros(len(ts), dtype=np.bool_),
    }
    return TapeSample(
        name="hand made",
        open_ns=0,
        close_ns=length_s * S,
        ts_ns=np.rint(ts * S).astype(np.int64),
        price=price,
        size=size,
        quote_ts_ns=np.rint(quote_ts * S).astype(np.int64),
        bid=bid,
        ask=ask,
        **{**columns, **fields},  # type: ignore[arg-type]
    )


QUOTES = [(0.0, 10.00, 10.01), (4.0, 10.00, 10.02), (6.0, 0.0, 10.02), (8.0, 10.01, 10.04)]


def test_spreads_are_weighted_by_the_time_they_hold_and_one_sided_quotes_do_not_count() -> None:
    made = sample([(1.0, 10.0, 100.0)], QUOTES)
    assert tapes.spread_shares(made, most=4) == pytest.approx([0.5, 0.25, 0.25, 0.0])
    by_hand = (4 * 0.01 / 10.005 + 2 * 0.02 / 10.01 + 2 * 0.03 / 10.025) / 8 * 1e4
    assert tapes.mean_spread_bps(made) == pytest.approx(by_hand)


def test_time_before_the_open_and_after_the_close_does_not_count() -> None:
    made = sample([(1.0, 10.0, 1.0)], [(-5.0, 10.00, 10.05), (2.0, 10.00, 10.01), (50.0, 10.00, 10.09)])
    assert tapes.spread_shares(made) == pytest.approx([0.8, 0.0, 0.0, 0.0, 0.2, 0.0])


def test_prints_are_compared_with_the_quote_just_before_them() -> None:
    prints = [(1.0, 10.01, 100.0), (2.0, 10.005, 300.0), (4.0, 10.01, 100.0), (5.0, 10.03, 100.0), (7.0, 10.5, 900.0)]
    made = sample(prints, QUOTES)
    # At 4.0 the quote of that instant is not yet known; at 7.0 there is no bid, so the print is left out.
    effective, quoted = tapes.effective_spread(made)
    assert effective == pytest.approx((100 * 1.0 + 300 * 0.0 + 100 * 1.0 + 100 * 4.0) / 600)
    assert quoted == pytest.approx((500 * 1.0 + 100 * 2.0) / 600)
    assert tapes.place_shares(made) == pytest.approx([0.25, 0.5, 0.25])
    coarse = sample(prints, QUOTES, quotes_by_tick=False)
    assert np.isnan(tapes.effective_spread(coarse)).all()
    assert np.isnan(tapes.place_shares(coarse)).all()


def test_sizes_and_kinds() -> None:
    sizes = [1.0, 99.0, 100.0, 100.0, 250.0, 10_000.0, 20_000.0, 9_999.0]
    made = sample(
        [(1.0, 10.0, size) for size in sizes],
        QUOTES,
        lit=np.array([True] * 6 + [False] * 2),
        sweep=np.array([True] + [False] * 7),
    )
    survival = dict(zip(tapes.SIZES, tapes.size_survival(made), strict=True))
    assert (survival[1.0], survival[100.0], survival[101.0], survival[10_000.0]) == (1.0, 0.75, 0.5, 0.25)
    assert tapes.kind_shares(made) == {
        "odd lots": 0.25, "of 100 shares": 0.25, "blocks": 0.25, "sweeps": 0.125, "off exchange": 0.25,
    }  # fmt: skip


def test_volume_and_volatility_over_the_day_have_mean_one() -> None:
    made = sample([(1.0, 10.0, 300.0), (6.0, 10.0, 100.0), (9.0, 10.0, 200.0)], QUOTES)
    assert tapes.volume_by_bucket(made, 2) == pytest.approx([1.0, 1.0])
    assert tapes.volume_by_bucket(made, 5) == pytest.approx([2.5, 0.0, 0.0, 0.8333333, 1.6666667])
    moved = sample([(1.0, 10.0, 1.0)], [(0.0, 99.0, 101.0), (1.0, 101.0, 103.0), (2.0, 99.0, 101.0)], length_s=4)
    assert tapes.volatility_by_bucket(moved, 2, step_s=1) == pytest.approx([np.sqrt(2.0), 0.0])
    step = np.log(1.02)
    assert tapes.mid_returns(moved, 1) == pytest.approx([step, -step, 0.0, 0.0])


def test_the_tick_rule_carries_the_last_direction() -> None:
    assert tapes.tick_signs(np.array([10.0, 10.0, 10.1, 10.1, 10.0, 10.0])).tolist() == [0, 0, 1, 1, -1, -1]


def test_autocorrelation_by_hand() -> None:
    values = np.array([1.0, -1.0, 1.0, -1.0])
    assert tapes.autocorrelation(values, (1, 2, 9)) == pytest.approx([-1.0, 1.0, 0.0])
    assert tapes.autocorrelation(np.ones(4), (1,)).tolist() == [0.0]


def test_prints_of_one_millisecond_are_one_order() -> None:
    times = [1.0, 1.0001, 1.0002, 2.0, 2.0003, 3.0, 4.0]
    prices = [10.0, 10.1, 10.2, 10.1, 10.0, 10.1, 10.0]
    made = sample([(t, p, 1.0) for t, p in zip(times, prices, strict=True)], QUOTES)
    assert tapes.sign_autocorrelation(made)[:2] == pytest.approx([-1.0, 1.0])
    # Six gaps: 0.1, 0.1 ms in one, then 999.8, 0.3 within 2.000, 999.7, 1000 ms, in whole milliseconds.
    survival = dict(zip(tapes.GAPS_MS, tapes.gap_survival(made), strict=True))
    assert (survival[0.0], survival[300.0], survival[1_000.0]) == pytest.approx((0.5, 0.5, 0.0))


def test_variance_by_scale_tells_a_bouncing_price_from_a_walk() -> None:
    walk = np.cumsum(np.random.default_rng(1).choice([-0.01, 0.01], 36_000)) + 500.0
    quotes = [(float(at), mid - 0.005, mid + 0.005) for at, mid in enumerate(walk.tolist())]
    made = sample([(1.0, 500.0, 1.0)], quotes, length_s=36_000)
    assert tapes.variance_by_scale(made)[:4] == pytest.approx(np.ones(4), abs=0.25)
    # Up and down by 4 cents every other second, which cancels over even spans: 1 + 0.04^2 / 0.01^2 at a second.
    bounce = [(at, bid + 0.04 * (at % 2), ask + 0.04 * (at % 2)) for at, bid, ask in quotes]
    bounced = tapes.variance_by_scale(sample([(1.0, 500.0, 1.0)], bounce, length_s=36_000))
    assert bounced[0] == pytest.approx(17.0, rel=0.3)
    assert bounced[1] == pytest.approx(1.0, abs=0.25)


def test_flow_goes_with_the_return_of_its_minute() -> None:
    prints, quotes = [], [(0.0, 99.99, 100.01)]
    level = 100.0
    for second in range(200):
        up = 1.0 if (second * 7 // 3) % 2 else -1.0
        level += 0.01 * up
        prints.append((second + 0.5, level, 100.0))
        quotes.append((second + 0.6, level - 0.01, level + 0.01))
    made = sample(prints, quotes, length_s=200)
    assert tapes.flow_correlation(made, step_s=1) > 0.95
    assert abs(tapes.flow_correlation(made, ahead=1, step_s=1)) < 0.6


def test_the_tail_is_measured_against_the_median_move() -> None:
    log_moves = np.array([1.0, -1.0, 2.0, -3.0, 1.0, 30.0, -1.0, 2.0, -9.0, 1.0]) * 1e-4
    mid = 100.0 * np.exp(np.concatenate(([0.0], np.cumsum(log_moves))))
    quotes = [(float(at), level - 0.005, level + 0.005) for at, level in enumerate(mid.tolist())]
    made = sample([(1.0, 100.0, 1.0)], quotes, length_s=10)
    # The median size is 1.5: three deviations are 6.67, which 30 and 9 exceed.
    assert tapes.tail_share(made, step_s=1) == pytest.approx(0.2)
