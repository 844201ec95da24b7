"""Pictures of exposures and VPIN: PNG, or an HTML page with the drawing inside it that loads nothing.

Uses matplotlib's figure without pyplot: no window system, no global state. Blue and orange are told apart by
colour-blind readers too.
"""

import datetime as dt
import html
import io
import re
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from matplotlib import dates
from matplotlib.figure import Figure

from alphatrader.analytics.settlement import NEW_YORK
from alphatrader.domain.errors import DataError

if TYPE_CHECKING:
    from alphatrader.analytics.exposure_report import ExposureReport
    from alphatrader.analytics.vpin_report import VpinReport

_CALL, _PUT, _LINE = "#2166ac", "#e08214", "#333333"
_SPAN = 0.12
"""Strikes within this fraction of spot are drawn: the rest is flat."""


def plot_exposure(report: "ExposureReport", path: Path) -> None:
    """Draw GEX by strike with spot, walls and zero gamma. Raises DataError if the file cannot be written."""
    loaded, result = report.loaded, report.exposure
    rows = [row for row in report.by_strike if abs((row["strike"] or 0) / result.spot - 1) <= _SPAN] or report.by_strike
    strikes = np.array([row["strike"] for row in rows], dtype=float)
    width = float(np.min(np.diff(strikes))) * 0.8 if len(strikes) > 1 else 1.0
    scale = 1e6
    figure = Figure(figsize=(11, 6), layout="constrained")
    axes = figure.add_subplot()
    axes.bar(strikes, [(row["call_gex"] or 0) / scale for row in rows], width, color=_CALL, label="calls")
    axes.bar(strikes, [(row["put_gex"] or 0) / scale for row in rows], width, color=_PUT, label="puts")
    axes.axhline(0, color=_LINE, linewidth=0.8)
    marks = (
        ("spot", result.spot, "-"),
        ("call wall", result.call_wall, "--"),
        ("put wall", result.put_wall, "--"),
        ("zero gamma (A)", result.zero_gamma_interpolated, ":"),
        ("zero gamma (B)", result.zero_gamma_flip, "-."),
    )
    for index, (name, level, style) in enumerate(marks):
        if level is not None and strikes[0] <= level <= strikes[-1]:
            label = f"{name} {level:,.2f}"
            axes.axvline(level, color=f"C{index + 2}", linestyle=style, linewidth=1.3, label=label)
    axes.set_xlabel("strike")
    axes.set_ylabel("GEX, $ million of delta per 1% move")
    axes.set_title(
        f"{'/'.join(loaded.roots)} dealer gamma exposure, {loaded.open_interest_date}: "
        f"{result.gex_usd_per_pct / 1e9:+.2f} $ billion per 1%"
    )
    axes.legend(loc="best", fontsize="small")
    _write(figure, path, f"{'/'.join(loaded.roots)} exposure", f"from {loaded.path.name}; + call, - put")


def plot_vpin(report: "VpinReport", path: Path) -> None:
    """Draw price, VPIN and its CDF over the day. Raises DataError if the file cannot be written."""
    tape, series = report.tape, report.series
    times = [dt.datetime.fromtimestamp(ts / 1e9, NEW_YORK) for ts in series.bucket_end_ns.tolist()]
    at_end = np.clip(np.searchsorted(tape.ts_ns, series.bucket_end_ns, side="right") - 1, 0, None)
    figure = Figure(figsize=(11, 7), layout="constrained")
    upper, lower = figure.subplots(2, 1, sharex=True)
    upper.plot(times, tape.price[at_end], color=_LINE, linewidth=1.0)
    upper.set_ylabel("price, $")
    upper.set_title(f"{times[0]:%Y-%m-%d}: VPIN, {series.bucket_volume:,} shares a bucket, window {report.window}")
    lower.plot(times, series.level, color=_CALL, label="VPIN")
    lower.plot(times, series.cdf, color=_PUT, linewidth=1.0, label="CDF among the day's levels")
    lower.set_ylim(0, 1)
    lower.legend(loc="best", fontsize="small")
    lower.xaxis.set_major_formatter(dates.DateFormatter("%H:%M" if tape.days == 1 else "%m-%d %H:%M", tz=NEW_YORK))  # type: ignore[no-untyped-call]
    lower.set_xlabel("New York time")
    _write(figure, path, f"VPIN {times[0]:%Y-%m-%d}", f"from {tape.name}; {report.scheme} classification")


def _write(figure: Figure, path: Path, title: str, note: str) -> None:
    suffix = path.suffix.lower()
    if suffix not in {".png", ".html"}:
        raise DataError(f"{path}: a picture is written as .png or .html, not '{suffix or 'a name without one'}'")
    buffer = io.BytesIO()
    try:
        if suffix == ".png":
            figure.savefig(buffer, format="png", dpi=120)
            path.write_bytes(buffer.getvalue())
        else:
            figure.savefig(buffer, format="svg", metadata={"Date": None})
            path.write_text(_page(buffer.getvalue().decode(), title, note), encoding="utf-8")
    except OSError as error:
        raise DataError(f"{path} cannot be written ({error.strerror}): name another place") from None


def _page(svg: str, title: str, note: str) -> str:
    drawing = svg[svg.index("<svg") :]
    # The drawing carries a metadata block that names addresses; the page shall refer to nothing outside itself.
    drawing = re.sub(r"<metadata>.*?</metadata>", "", drawing, flags=re.DOTALL)
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f"<title>{html.escape(title)}</title>\n"
        "<style>body{font-family:system-ui,sans-serif;margin:1rem;color:#222}svg{max-width:100%;height:auto}</style>\n"
        f"</head>\n<body>\n<h1>{html.escape(title)}</h1>\n<p>{html.escape(note)}</p>\n{drawing}\n</body>\n</html>\n"
    )
