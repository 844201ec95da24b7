"""An exposure report as tables for people and as JSON for programs."""

import datetime as dt
import json

from rich.console import Console
from rich.table import Table

from alphatrader.analytics.exposure_report import FORMULA, SIGN_CONVENTION, ExposureReport
from alphatrader.analytics.settlement import NEW_YORK

_UNITS = ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "k"))


def dollars(value: float) -> str:
    """Write dollars as a trader reads them: ``-$1.23B``."""
    sign = "-" if value < 0 else "+" if value > 0 else ""
    size = abs(value)
    for unit, letter in _UNITS:
        if size >= unit:
            return f"{sign}${size / unit:,.2f}{letter}"
    return f"{sign}${size:,.0f}"


def price(value: float | None) -> str:
    """Write a price level, or a dash where there is none."""
    return "-" if value is None else f"{value:,.2f}".rstrip("0").rstrip(".")


def moment(ts_ns: int) -> str:
    """Write an instant in New York time."""
    return dt.datetime.fromtimestamp(ts_ns / 1e9, NEW_YORK).strftime("%Y-%m-%d %H:%M ET")


def print_exposure(report: ExposureReport, top: int) -> None:
    """Print the report on standard output."""
    console = Console()
    loaded, result = report.loaded, report.exposure
    console.print(f"[bold]{'/'.join(loaded.roots)}[/] dealer exposure from {loaded.source} [dim]{loaded.path}[/]")
    console.print(f"as of {moment(loaded.as_of_ns)} [dim]from {loaded.as_of_from}[/]")
    console.print(f"spot {price(result.spot)} [dim]from {loaded.spot_from}[/]")
    console.print(_totals(report))
    console.print(_levels(report))
    console.print(_rows(report))
    if top:
        console.print(_strikes(report, top))
    for note in loaded.notes:
        console.print(f"note: {note}")
    console.print(f"[dim]{FORMULA}[/]")
    console.print(f"[dim]sign: {SIGN_CONVENTION}[/]")
    console.print(f"[dim]{_weight_text(report)}[/]")
    console.print(f"[dim]load {loaded.load_ms:.1f} ms, compute {report.compute_ms:.2f} ms[/]")


def _totals(report: ExposureReport) -> Table:
    result = report.exposure
    table = Table(title="Totals", title_justify="left")
    table.add_column("exposure")
    table.add_column("value", justify="right")
    table.add_column("unit")
    table.add_row("GEX", dollars(result.gex_usd_per_pct), "$ delta per 1% move")
    table.add_row("GEX", dollars(result.gex_usd_per_100pct), "$ delta per 100% move")
    table.add_row("DEX", dollars(result.dex_usd), "$ (calls +, puts -)")
    table.add_row("DEX, dealer view", dollars(result.dex_dealer_usd), "$ (calls minus puts, absolute delta)")
    table.add_row("VEX (vanna)", dollars(result.vex_usd_per_vol_point), "$ delta per vol point")
    table.add_row("CHEX (charm)", dollars(result.chex_usd_per_day), "$ delta per day")
    return table


def _levels(report: ExposureReport) -> Table:
    result = report.exposure
    table = Table(title="Levels", title_justify="left")
    table.add_column("level")
    table.add_column("strike or price", justify="right")
    table.add_column("method")
    table.add_row("call wall", price(result.call_wall), "largest call GEX")
    table.add_row("put wall", price(result.put_wall), "largest put GEX")
    table.add_row("largest |GEX|", price(result.max_abs_gex_strike), "largest absolute net GEX")
    table.add_row("max pain", price(result.max_pain), "least intrinsic value paid")
    interpolated = result.zero_gamma_interpolated
    table.add_row(
        "zero gamma A",
        "none" if interpolated is None else price(interpolated),
        "zero of the cumulative sum by strike" + (": it never crosses" if interpolated is None else ""),
    )
    flips = result.zero_gamma_flips
    others = f", all: {', '.join(price(flip) for flip in flips)}" if len(flips) > 1 else ""
    table.add_row(
        "zero gamma B",
        "none" if result.zero_gamma_flip is None else price(result.zero_gamma_flip),
        f"flip of re-priced gamma on 0.8-1.2 x spot, nearest to spot{others}",
    )
    return table


def _rows(report: ExposureReport) -> Table:
    result, chain = report.exposure, report.loaded.chain
    table = Table(title="Rows", title_justify="left")
    table.add_column("rows")
    table.add_column("count", justify="right")
    table.add_row("used", f"{result.rows_used:,}")
    for reason, count in sorted(result.rows_dropped.items(), key=lambda item: -item[1]):
        table.add_row(f"dropped: {reason}", f"{count:,}")
    for reason, count in sorted(chain.dropped.items(), key=lambda item: -item[1]):
        table.add_row(f"not decoded: {reason}", f"{count:,}")
    table.add_row("in the chain", f"{result.rows_total:,}")
    return table


def _strikes(report: ExposureReport, top: int) -> Table:
    table = Table(title=f"The {top} strikes with the largest |GEX|, $ per 1%", title_justify="left")
    for name in ("strike", "net GEX", "call GEX", "put GEX", "call OI", "put OI"):
        table.add_column(name, justify="right")
    for row in report.top_strikes(top):
        table.add_row(
            price(row["strike"]),
            dollars(row["net_gex"] or 0.0),
            dollars(row["call_gex"] or 0.0),
            dollars(row["put_gex"] or 0.0),
            f"{row['call_oi'] or 0:,.0f}",
            f"{row['put_oi'] or 0:,.0f}",
        )
    return table


def _weight_text(report: ExposureReport) -> str:
    if report.options.weight == "volume":
        return f"contracts: volume traded on {report.loaded.open_interest_date}, instead of open interest"
    return (
        f"contracts: open interest of {report.loaded.open_interest_date}, which the clearing house counts overnight: "
        "what was traded that day is not in it"
    )


def exposure_json(report: ExposureReport, top: int) -> str:
    """Return the report as a JSON object; money in dollars, times in ISO 8601, durations in ms."""
    loaded, result = report.loaded, report.exposure
    body = {
        "file": str(loaded.path),
        "source": loaded.source,
        "roots": loaded.roots,
        "as_of": dt.datetime.fromtimestamp(loaded.as_of_ns / 1e9, NEW_YORK).isoformat(),
        "as_of_from": loaded.as_of_from,
        "spot": result.spot,
        "spot_from": loaded.spot_from,
        "open_interest_date": loaded.open_interest_date,
        "weight": report.options.weight,
        "gamma": report.options.gamma,
        "min_open_interest": report.options.min_open_interest,
        "expiries": list(report.options.expiries) or sorted(loaded.settlement_ns),
        "formula": FORMULA,
        "sign_convention": SIGN_CONVENTION,
        "gex_usd_per_pct": result.gex_usd_per_pct,
        "gex_usd_per_100pct": result.gex_usd_per_100pct,
        "dex_usd": result.dex_usd,
        "dex_dealer_usd": result.dex_dealer_usd,
        "vex_usd_per_vol_point": result.vex_usd_per_vol_point,
        "chex_usd_per_day": result.chex_usd_per_day,
        "call_wall": result.call_wall,
        "put_wall": result.put_wall,
        "max_abs_gex_strike": result.max_abs_gex_strike,
        "max_pain": result.max_pain,
        "zero_gamma_interpolated": result.zero_gamma_interpolated,
        "zero_gamma_flip": result.zero_gamma_flip,
        "zero_gamma_flips": list(result.zero_gamma_flips),
        "rows_total": result.rows_total,
        "rows_used": result.rows_used,
        "rows_dropped": result.rows_dropped,
        "rows_not_decoded": loaded.chain.dropped,
        "notes": loaded.notes,
        "top_strikes": report.top_strikes(top),
        "load_ms": round(loaded.load_ms, 3),
        "compute_ms": round(report.compute_ms, 3),
    }
    return json.dumps(body, indent=2, allow_nan=False)
