"""The statistics that give signals something to find: fixed seeds, wide margins."""

from functools import cache

import numpy as np
import pyarrow as pa
import pytest
from numpy.typing import NDArray

from alphatrader import calendar
from alphatrader._core import SALE_NO_AGGRESSOR, parse_sale_conditions_batch
from alphatrader.sim.market.episodes import STEP_S, FlowPlan, plan_flow
from alphatrader.sim.market.market_factor import MARKET
from alphatrader.sim.market.path import QUOTE_NS, DayPath
from alphatrader.sim.market.profiles import profile_of, stream
from alphatrader.sim.market.spec import SCENARIOS
from alphatrader.sim.market.synthetic import draw_session

SEEDS = range(12)
STEPS = 234_000
DATE = "2026-11-20"

Floats = NDArray[np.float64]


class Regular:
    """The regular hours of a day: mid by 200 ms in cents; prints that make prices, with their signs."""

    def __init__(self, path: DayPath) -> None:
        first, last = ((at_ns - path.first_ns) // QUOTE_NS for at_ns in (path.open_ns, path.close_ns))
        self.path, self.intervals = path, np.arange(first, last)
        self.spread = (path.ask_cents - path.bid_cents)[first:last]
        self.mid = (path.bid_cents + path.ask_cents)[first:last] / 2.0
        prints = path.prints
        said = parse_sale_conditions_batch(pa.array(prints.condition_texts))
        chosen = (prints.ts_ns >= path.open_ns) & (prints.ts_ns < path.close_ns)
        chosen &= ((said & SALE_NO_AGGRESSOR) == 0)[prints.condition]
        self.ts_ns, self.price, self.size = prints.ts_ns[chosen], prints.price[chosen], prints.size[chosen]
        self.venue, self.condition = prints.venue[chosen], prints.condition[chosen]
        mid = self.mid[(self.ts_ns - path.open_ns) // QUOTE_NS]
        self.signs = np.sign(np.round(self.price * 100 - mid, 3))

    def count(self, ts_ns: int) -> int:
        return int(np.searchsorted(self.ts_ns, ts_ns))


@cache
def day(seed: int, scenario: str = "regular", symbol: str = "SPY") -> Regular:
    return Regular(draw_session(profile_of(symbol), calendar.session_for(DATE), seed, scenario))


def plan_of(seed: int, scenario: str = "regular") -> FlowPlan:
    return plan_flow(stream(seed, MARKET, f"episodes {DATE}"), STEPS, SCENARIOS[scenario])


def episode_figures(informed: bool) -> Floats:
    """Rows of (signed share of volume, move, move after three more minutes), in the episode's direction, cents."""
    rows = []
    for seed in SEEDS:
        this, open_ns = day(seed), day(seed).path.open_ns
        volume, signed = np.cumsum(this.size), np.cumsum(this.signs * this.size)
        for episode in plan_of(seed).episodes:
            first = this.count(open_ns + int(episode.start_s * calendar.NS))
            last = this.count(open_ns + int(episode.end_s * calendar.NS)) - 1
            begin, end = int(episode.start_s / STEP_S) // 2, int(episode.end_s / STEP_S) // 2
            if episode.informed != informed or last - first < 50 or end + 900 >= len(this.mid):
                continue
            share = (signed[last] - signed[first]) / (volume[last] - volume[first])
            moves = (this.mid[end] - this.mid[begin], this.mid[end + 900] - this.mid[begin])
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
    informed = [episode for seed in SEEDS for episode in plan_of(seed).episodes if episode.informed]
    assert 2.0 < len(SEEDS) * 390 / len(informed) < 15.0
    assert all(episode.end_s - episode.start_s <= 240.0 for episode in informed)


def test_flow_of_a_minute_foretells_the_next() -> None:
    now, coming = [], []
    for seed in SEEDS:
        this = day(seed)
        marks = np.searchsorted(this.ts_ns, this.path.open_ns + np.arange(391) * 60 * calendar.NS)
        signed = np.concatenate(([0.0], np.cumsum(this.signs * this.size)))[marks]
        volume = np.concatenate(([0], np.cumsum(this.size)))[marks]
        price = this.mid[np.minimum(np.arange(391) * 300, len(this.mid) - 1)]
        now.append((np.diff(signed) / np.diff(volume))[:-1])
        coming.append(np.diff(price)[1:])
    assert np.corrcoef(np.concatenate(now), np.concatenate(coming))[0, 1] > 0.1


def test_a_quiet_market_has_little_to_foretell() -> None:
    quiet, regular = (sum(len(plan_of(seed, name).episodes) for seed in SEEDS) for name in ("quiet", "regular"))
    assert quiet < 0.4 * regular


def test_signs_of_trades_have_a_long_memory() -> None:
    """Slow decay as in real tapes: still some memory a hundred trades back, and no exponential through both ends."""
    for seed in SEEDS:
        signs = day(seed).signs[day(seed).signs != 0]
        signs = signs - signs.mean()
        memory = {lag: float((signs[lag:] * signs[:-lag]).mean() / signs.var()) for lag in (1, 10, 100)}
        assert 0.4 < memory[1] < 0.85
        assert 0.1 < memory[10] < 0.5
        assert 0.03 < memory[100] < 0.3
        assert memory[100] > memory[1] * (memory[10] / memory[1]) ** 11


def test_trades_come_in_clusters() -> None:
    for seed in SEEDS:
        this = day(seed)
        gaps = np.diff(this.ts_ns) / calendar.NS
        assert gaps.std() / gaps.mean() > 1.4, "a Poisson process has 1"
        counts = np.bincount((this.ts_ns - this.path.open_ns) // calendar.NS, minlength=23_400)
        assert counts.var() / counts.mean() > 3.0
        assert np.corrcoef(counts[60:], counts[:-60])[0, 1] > 0.03


def test_a_busy_book_leans_with_the_flow() -> None:
    lean, bias = [], []
    for seed in SEEDS:
        this = day(seed)
        chosen = this.intervals[::25]
        assert this.path.book is not None
        sizes = this.path.book.sizes(this.path, chosen).sum(axis=(2, 3)).astype(np.float64)
        lean.append((sizes[:, 0] - sizes[:, 1]) / sizes.sum(axis=1))
        bias.append(plan_of(seed).bias[::50])
    leaning, flow = np.concatenate(lean), np.concatenate(bias)
    assert leaning[flow > 0].mean() > 0.1
    assert leaning[flow < 0].mean() < -0.1
    assert abs(leaning[flow == 0].mean()) < 0.05


def test_options_are_priced_on_the_variance_that_happens() -> None:
    scores = [np.log(day(seed).mid[-1] / day(seed).mid[0]) / day(seed).path.day_sigma for seed in range(30)]
    assert 0.7 < float(np.std(scores)) < 1.35


def test_volatility_clusters_and_is_highest_at_the_open() -> None:
    absolute = np.zeros(389)
    correlations = []
    for seed in SEEDS:
        moves = np.abs(np.diff(np.log(day(seed).mid[::300])))[:389]
        absolute += moves
        noon = moves[100:300]
        correlations.append(np.corrcoef(noon[1:], noon[:-1])[0, 1])
    assert absolute[:15].mean() > 1.4 * absolute[180:210].mean()
    assert np.mean(correlations) > 0.0


def test_sizes_are_mixed() -> None:
    size = day(1).size
    assert 0.2 < (size < 100).mean() < 0.5
    assert 0.25 < (size == 100).mean() < 0.6
    assert 1e-5 < (size >= 10_000).mean() < 0.01
    assert (size[size >= 100] % 100 == 0).all()


@pytest.mark.parametrize("seed", [1, 2])
def test_sweeps_hit_several_venues_within_a_millisecond(seed: int) -> None:
    this = day(seed)
    swept = np.array(["F" in text.split() for text in this.path.prints.condition_texts])[this.condition]
    first = np.flatnonzero(swept)[:200]
    near = [
        {int(this.venue[index]) for index in first if abs(this.ts_ns[index] - this.ts_ns[one]) < 1_000_000}
        for one in first
    ]
    assert np.mean([len(venues) >= 2 for venues in near]) > 0.9
