"""The statistics that give signals something to find: fixed seeds, wide margins."""

from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray

from alphatrader import calendar
from alphatrader.sim.market.episodes import STEP_S, plan_flow
from alphatrader.sim.market.path import QUOTE_NS, DayPath
from alphatrader.sim.market.profiles import profile_of, stream
from alphatrader.sim.market.spec import SCENARIOS
from alphatrader.sim.market.synthetic import draw_session

SEEDS = range(12)
STEPS = 234_000

Floats = NDArray[np.float64]


@cache
def day(seed: int, scenario: str = "regular") -> DayPath:
    return draw_session(profile_of("SPY"), calendar.session_for("2026-11-20"), seed, scenario)


def mid_of(path: DayPath) -> Floats:
    return (path.bid_cents + path.ask_cents) / 2.0


def signs_of(path: DayPath) -> Floats:
    interval = (path.prints.ts_ns - path.open_ns) // QUOTE_NS
    return np.sign(np.round(path.prints.price * 100 - mid_of(path)[interval], 3))


def episode_figures(informed: bool) -> Floats:
    """Rows of (signed share of volume, move, move after three more minutes), in the episode's direction, cents."""
    rows = []
    for seed in SEEDS:
        path = day(seed)
        mid, signs = mid_of(path), signs_of(path)
        volume, signed = np.cumsum(path.prints.size), np.cumsum(signs * path.prints.size)
        for episode in plan_flow(stream(seed, "SPY", "episodes"), STEPS, SCENARIOS["regular"]).episodes:
            first = path.print_count(path.open_ns + int(episode.start_s * calendar.NS))
            last = path.print_count(path.open_ns + int(episode.end_s * calendar.NS)) - 1
            begin, end = int(episode.start_s / STEP_S) // 2, int(episode.end_s / STEP_S) // 2
            if episode.informed != informed or last - first < 50 or end + 900 >= len(mid):
                continue
            share = (signed[last] - signed[first]) / (volume[last] - volume[first])
            moves = (mid[end] - mid[begin], mid[end + 900] - mid[begin])
            rows.append(episode.direction * np.array([share, *moves]))
    return np.array(rows)


def test_informed_episodes_are_one_sided_and_move_the_price_for_good() -> None:
    share, move, after = episode_figures(informed=True).T
    assert len(share) > 300
    assert share.mean() > 0.5
    assert (share > 0).mean() > 0.97
    assert move.mean() > 30
    assert (move > 0).mean() > 0.8
    assert 0.4 * move.mean() < after.mean() < 0.95 * move.mean()


def test_liquidity_bursts_look_alike_but_the_price_returns() -> None:
    share, move, after = episode_figures(informed=False).T
    assert share.mean() > 0.5
    assert move.mean() > 8
    assert after.mean() < 0.4 * move.mean()


def test_episodes_last_one_to_four_minutes_and_come_every_few() -> None:
    episodes = [
        episode
        for seed in SEEDS
        for episode in plan_flow(stream(seed, "SPY", "episodes"), STEPS, SCENARIOS["regular"]).episodes
    ]
    informed = [episode for episode in episodes if episode.informed]
    assert 2.0 < len(SEEDS) * 390 / len(informed) < 15.0
    assert all(episode.end_s - episode.start_s <= 240.0 for episode in informed)


def test_flow_of_a_minute_foretells_the_next() -> None:
    now, coming = [], []
    for seed in SEEDS:
        path = day(seed)
        mid, signs = mid_of(path), signs_of(path)
        marks = np.searchsorted(path.prints.ts_ns, path.open_ns + np.arange(391) * 60 * calendar.NS)
        marks = np.minimum(marks, len(signs) - 1)
        signed = np.concatenate(([0.0], np.cumsum(signs * path.prints.size)))[marks]
        volume = np.concatenate(([0], np.cumsum(path.prints.size)))[marks]
        price = mid[np.minimum(np.arange(391) * 300, len(mid) - 1)]
        now.append((np.diff(signed) / np.diff(volume))[:-1])
        coming.append(np.diff(price)[1:])
    assert np.corrcoef(np.concatenate(now), np.concatenate(coming))[0, 1] > 0.1


def test_a_quiet_market_has_little_to_foretell() -> None:
    quiet, regular = (
        sum(len(plan_flow(stream(seed, "SPY", "episodes"), STEPS, SCENARIOS[name]).episodes) for seed in SEEDS)
        for name in ("quiet", "regular")
    )
    assert quiet < 0.4 * regular


def test_trade_signs_cluster() -> None:
    for seed in SEEDS:
        signs = signs_of(day(seed))
        assert 0.2 < np.corrcoef(signs[1:], signs[:-1])[0, 1] < 0.8


def test_a_busy_book_leans_with_the_flow() -> None:
    lean, bias = [], []
    for seed in SEEDS:
        path = day(seed)
        sizes = path.book.sizes[:, :, :3].sum(axis=2)
        lean.append((sizes[:, 0] - sizes[:, 1]) / sizes.sum(axis=1))
        bias.append(plan_flow(stream(seed, "SPY", "episodes"), STEPS, SCENARIOS["regular"]).bias[::2])
    leaning, flow = np.concatenate(lean), np.concatenate(bias)
    assert leaning[flow > 0].mean() > 0.1
    assert leaning[flow < 0].mean() < -0.1
    assert abs(leaning[flow == 0].mean()) < 0.05


def test_options_are_priced_on_the_variance_that_happens() -> None:
    scores = []
    for seed in range(30):
        path = day(seed)
        mid = mid_of(path)
        scores.append(np.log(mid[-1] / mid[0]) / path.day_sigma)
    assert 0.7 < float(np.std(scores)) < 1.35


def test_volatility_clusters_and_is_highest_at_the_open() -> None:
    absolute = np.zeros(389)
    correlations = []
    for seed in SEEDS:
        moves = np.abs(np.diff(np.log(mid_of(day(seed))[::300])))[:389]
        absolute += moves
        noon = moves[100:300]
        correlations.append(np.corrcoef(noon[1:], noon[:-1])[0, 1])
    assert absolute[:15].mean() > 1.5 * absolute[180:210].mean()
    assert np.mean(correlations) > 0.0


def test_sizes_are_mixed() -> None:
    size = day(1).prints.size
    assert 0.2 < (size < 100).mean() < 0.5
    assert 0.25 < (size == 100).mean() < 0.6
    assert 1e-5 < (size >= 10_000).mean() < 0.01
    assert (size[size >= 100] % 100 == 0).all()


@pytest.mark.parametrize("seed", [1, 2])
def test_sweeps_hit_several_venues_within_a_millisecond(seed: int) -> None:
    prints = day(seed).prints
    swept = np.array(["F" in text for text in prints.condition_texts])[prints.condition]
    first = np.flatnonzero(swept)[:200]
    near = [
        {int(prints.venue[index]) for index in first if abs(prints.ts_ns[index] - prints.ts_ns[one]) < 1_000_000}
        for one in first
    ]
    assert min(map(len, near)) >= 1
    assert np.mean([len(venues) >= 2 for venues in near]) > 0.95
