"""Plots of real samples beside simulated ones, as small SVG files that are the same at every run."""

import io
import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from alphatrader.domain.errors import DataError
from alphatrader.sim.calibration import chain_measures as chains
from alphatrader.sim.calibration import tape_measures as tapes
from alphatrader.sim.calibration.gather import SIMULATED, STOCK_SIMULATED, Samples
from alphatrader.sim.calibration.samples import ChainSample, Floats, Sample

_STYLE: dict[Any, Any] = {
    "svg.hashsalt": "alphatrader",
    "svg.fonttype": "none",
    "font.size": 8.0,
    "axes.titlesize": 9.0,
}
_REAL_COLOURS = ("#2166ac", "#7aa6d1")
_SIMULATED_COLOURS = {SIMULATED: "#d9730d", STOCK_SIMULATED: "#f2b36b"}
_BUCKETS = 26

Groups = Mapping[str, Sequence[Sample]]


def draw_all(samples: Samples, folder: Path) -> list[Path]:
    """Write all plots and return their paths."""
    with mpl.rc_context(_STYLE):
        drawings = {
            "calibration-prints.svg": _draw_prints(samples),
            "calibration-day.svg": _draw_day(samples),
            "calibration-memory.svg": _draw_memory(samples),
            "calibration-smile.svg": _draw_smile(samples),
            "calibration-interest.svg": _draw_interest(samples),
        }
        folder.mkdir(parents=True, exist_ok=True)
        return [_write(drawing, folder / name) for name, drawing in drawings.items()]


def _draw_prints(samples: Samples) -> Figure:
    figure, (spread, size, gap) = _panels(3)
    _bars(spread, samples.tapes, tapes.spread_shares, ["1", "2", "3", "4", "5", "6+"])
    _title(spread, "Spread", "ticks", "share of the time")
    _curves(size, samples.tapes, np.array(tapes.SIZES), tapes.size_survival)
    size.set(xscale="log", yscale="log", ylim=(1e-5, 1.5))
    _title(size, "Size of prints", "shares", "share of at least that size")
    _curves(gap, samples.tapes, np.maximum(tapes.GAPS_MS, 0.5), tapes.gap_survival)
    gap.set(xscale="log", yscale="log", ylim=(1e-4, 1.5))
    _title(gap, "Time between prints", "milliseconds", "share above")
    return figure


def _draw_day(samples: Samples) -> Figure:
    figure, (volume, volatility) = _panels(2)
    hour = 9.5 + 6.5 * (np.arange(_BUCKETS) + 0.5) / _BUCKETS
    _curves(volume, samples.tapes, hour, lambda sample: tapes.volume_by_bucket(sample, _BUCKETS))
    _title(volume, "Volume over the day", "hour, New York", "over the day's mean")
    _curves(volatility, samples.tapes, hour, lambda sample: tapes.volatility_by_bucket(sample, _BUCKETS))
    _title(volatility, "Volatility over the day (1-min returns)", "hour, New York", "over the day's mean")
    for axes in (volume, volatility):
        axes.set_ylim(bottom=0.0)
    return figure


def _draw_memory(samples: Samples) -> Figure:
    figure, (signs, absolute, variance) = _panels(3)
    _curves(signs, samples.tapes, np.array(tapes.SIGN_LAGS, dtype=float), tapes.sign_autocorrelation)
    signs.set(xscale="log")
    _title(signs, "Signs of orders", "lag, orders", "autocorrelation")
    _curves(absolute, samples.tapes, np.arange(1.0, 31.0), tapes.absolute_return_autocorrelation)
    _title(absolute, "Absolute 1-min returns", "lag, minutes", "autocorrelation")
    _curves(variance, samples.tapes, np.array(tapes.SCALES_S, dtype=float), tapes.variance_by_scale)
    variance.set(xscale="log", ylim=(0.0, 2.0))
    _title(variance, "Variance a second by scale", "seconds", "over that of 5 minutes")
    for axes in (signs, absolute):
        axes.axhline(0.0, color="#999999", linewidth=0.6)
    return figure


def _draw_smile(samples: Samples) -> Figure:
    figure, (week, month, term, spread) = _panels(4)
    for axes, of_term, title in ((week, chains.TERMS[1], "3-9 days"), (month, chains.TERMS[2], "10-35 days")):
        _curves(axes, samples.chains, chains.SMILE_AT, partial(chains.smile, term=of_term))
        _title(axes, f"Smile, {title}", "log strike to forward, sd", "IV over at the money")
    for place, (name, group) in enumerate(samples.chains.items()):
        for sample in group:
            days, iv = chains.term_structure(sample)
            near = days <= 60.0
            term.plot(days[near], 100.0 * iv[near], color=_colour(name, place), linewidth=0.8)
    _title(term, "At the money, each chain", "days", "IV, %")
    at = np.array(chains.PREMIUMS)
    _curves(spread, samples.chains, np.sqrt(at[1:] * at[:-1]), chains.spread_by_premium)
    spread.set(xscale="log", yscale="log")
    _title(spread, "Median bid-ask spread", "premium, $", "$")
    return figure


def _draw_interest(samples: Samples) -> Figure:
    figure, (calls, puts, volume, rounds) = _panels(4)
    middle = 100.0 * (chains.PROFILE_EDGES[1:] + chains.PROFILE_EDGES[:-1]) / 2.0
    for axes, is_call, title in ((calls, True, "calls"), (puts, False, "puts")):
        _curves(axes, samples.chains, middle, partial(_interest_profile, calls=is_call))
        _title(axes, f"Open interest, {title}", "strike to spot, %", "share")
    _curves(volume, samples.chains, middle, lambda s: chains.profile(s, s.volume, calls=True, most_days=8.5))
    _title(volume, "Volume of calls, 8 days", "strike to spot, %", "share")

    def ratios(sample: ChainSample) -> Floats:
        return np.array([chains.round_strike_ratio(sample, multiple, sample.open_interest) for multiple in (5, 10, 25)])

    _bars(rounds, samples.chains, ratios, ["5", "10", "25"])
    _title(rounds, "Open interest at round strikes", "multiple of $", "over plain strikes")
    return figure


def _interest_profile(sample: ChainSample, *, calls: bool) -> Floats:
    return chains.profile(sample, sample.open_interest, calls=calls)


def _panels(count: int) -> tuple[Figure, list[Axes]]:
    figure = Figure(figsize=(10.0, 3.0), layout="constrained")
    return figure, list(figure.subplots(1, count))


def _curves(axes: Axes, groups: Groups[Sample], at: Floats, measure: Callable[[Sample], Floats]) -> None:
    """Draw the mean of each group as a line and its range as a band."""
    for place, (name, samples) in enumerate(groups.items()):
        rows = np.array([measure(sample) for sample in samples])
        known = np.isfinite(rows).any(axis=0)
        rows = rows[:, known]
        axes.plot(at[known], chains.nan_mean(rows), color=_colour(name, place), linewidth=1.3, label=name)
        low, high = np.nanmin(rows, axis=0), np.nanmax(rows, axis=0)
        axes.fill_between(at[known], low, high, color=_colour(name, place), alpha=0.15, linewidth=0.0)


def _bars(axes: Axes, groups: Groups[Sample], measure: Callable[[Sample], Floats], labels: list[str]) -> None:
    width = 0.8 / len(groups)
    for place, (name, samples) in enumerate(groups.items()):
        height = chains.nan_mean(np.array([measure(sample) for sample in samples]))
        at = np.arange(len(labels)) + (place - (len(groups) - 1) / 2.0) * width
        axes.bar(at, height, width, color=_colour(name, place), label=name)
    axes.set_xticks(range(len(labels)), labels)


def _title(axes: Axes, title: str, across: str, up: str) -> None:
    axes.set_title(title)
    axes.set_xlabel(across)
    axes.set_ylabel(up)
    axes.spines[["top", "right"]].set_visible(False)


def _colour(name: str, place: int) -> str:
    return _SIMULATED_COLOURS.get(name) or _REAL_COLOURS[place % len(_REAL_COLOURS)]


def _write(figure: Figure, path: Path) -> Path:
    figure.axes[0].legend(frameon=False, fontsize=7.0)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None})
    svg = buffer.getvalue().decode()
    # The metadata names matplotlib's version and addresses: neither belongs into a plot that shall not change.
    svg = re.sub(r"\s*<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r"<!--.*?-->\n?", "", svg, flags=re.DOTALL)
    svg = "\n".join(line.rstrip() for line in svg.splitlines()) + "\n"
    try:
        path.write_text(svg, encoding="utf-8")
    except OSError as error:
        raise DataError(f"{path} cannot be written ({error.strerror}): name another folder with --out") from error
    return path
