"""A VPIN report as tables for people and as JSON for programs."""

import datetime as dt
import json

import numpy as np
from rich.console import Console
from rich.table import Table

from alphatrader.analytics.settlement import NEW_YORK
from alphatrader.analytics.vpin_report import VpinReport

_LISTED = 10


def _clock(ts_ns: int) -> str:
    return dt.datetime.fromtimestamp(ts_ns / 1e9, NEW_YORK).strftime("%m-%d %H:%M:%S")


def print_vpin(report: VpinReport) -> None:
    """Print the report on standard output."""
    console = Console()
    tape, series = report.tape, report.series
    first, last = (dt.datetime.fromtimestamp(tape.ts_ns[i] / 1e9, NEW_YORK).date() for i in (0, -1))
    span = f"{first}" if first == last else f"{first} to {last} ({tape.days} days)"
    console.print(f"[bold]VPIN[/] of {span} from {tape.source} [dim]{tape.name}[/]")
    console.print(
        f"buckets of {series.bucket_volume:,} shares, {len(series.level):,} full; window {report.window}; "
        f"{report.scheme} classification; {report.unclassified_share:.2%} of the volume unclassified"
    )
    if not report.full.any():
        console.print(
            f"no level: the window needs {report.window} buckets. Make buckets smaller (--bucket-volume) "
            f"or the window shorter (--window)"
        )
    else:
        if report.full.sum() == 1:
            console.print("one level only: give several days, or a smaller --bucket-volume, to see it move")
        console.print(_summary(report))
        console.print(_highest(report))
    table = Table(title="Prints", title_justify="left")
    table.add_column("prints")
    table.add_column("count", justify="right")
    table.add_row("used", f"{len(tape.ts_ns):,}")
    for reason, count in sorted(tape.rows_dropped.items(), key=lambda item: -item[1]):
        table.add_row(f"dropped: {reason}", f"{count:,}")
    table.add_row("in the file", f"{tape.rows_total:,}")
    console.print(table)
    console.print(
        "[dim]VPIN = sum |V_sell - V_buy| / (window x bucket); levels depend on the classification, so read the CDF[/]"
    )
    console.print(f"[dim]load {tape.load_ms:.1f} ms, compute {report.compute_ms:.2f} ms[/]")


def _summary(report: VpinReport) -> Table:
    levels = report.series.level[report.full]
    table = Table(title="Level", title_justify="left")
    table.add_column("figure")
    table.add_column("value", justify="right")
    table.add_row("last", f"{levels[-1]:.4f}")
    table.add_row("last, CDF among the day's levels", f"{report.series.cdf[report.full][-1]:.3f}")
    for name, quantile in (("lowest", 0.0), ("median", 0.5), ("90th percentile", 0.9), ("highest", 1.0)):
        table.add_row(name, f"{np.quantile(levels, quantile):.4f}")
    table.add_row("levels", f"{len(levels):,}")
    return table


def _highest(report: VpinReport) -> Table:
    series = report.series
    table = Table(title="Highest levels", title_justify="left")
    for name in ("bucket ended (ET)", "VPIN", "CDF", "buy share"):
        table.add_column(name, justify="right")
    indexes = np.flatnonzero(report.full)
    for index in sorted(indexes[np.argsort(-series.level[indexes], kind="stable")][:_LISTED]):
        share = series.buy_volume[index] / series.bucket_volume
        table.add_row(
            _clock(int(series.bucket_end_ns[index])),
            f"{series.level[index]:.4f}",
            f"{series.cdf[index]:.3f}",
            f"{share:.1%}",
        )
    return table


def vpin_json(report: VpinReport) -> str:
    """Return the report as a JSON object: every bucket in order, times in ns since the epoch, durations in ms."""
    tape, series = report.tape, report.series
    body = {
        "file": tape.name,
        "source": tape.source,
        "bucket_volume": series.bucket_volume,
        "window": report.window,
        "scheme": report.scheme,
        "buckets": len(series.level),
        "unclassified_share": report.unclassified_share,
        "volume": tape.volume,
        "days": tape.days,
        "prints_total": tape.rows_total,
        "prints_used": len(tape.ts_ns),
        "prints_dropped": tape.rows_dropped,
        "bucket_end_ns": series.bucket_end_ns.tolist(),
        "level": [value if np.isfinite(value) else None for value in series.level.tolist()],
        "cdf": [value if np.isfinite(value) else None for value in series.cdf.tolist()],
        "buy_volume": series.buy_volume.tolist(),
        "load_ms": round(tape.load_ms, 3),
        "compute_ms": round(report.compute_ms, 3),
    }
    return json.dumps(body, allow_nan=False)
