"""``alphatrader vpin``: order flow toxicity of a recorded tape."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from alphatrader.commands.flags import JsonOption, PlotOption


class Scheme(StrEnum):
    """How volume is split into buys and sells."""

    TICK = "tick"
    BULK = "bulk"


def vpin(
    files: Annotated[
        list[Path],
        typer.Argument(metavar="FILE...", help="Lean tick zip, Parquet, or CSV with ts_ns,price,size: a day each."),
    ],
    *,
    bucket_volume: Annotated[
        int | None, typer.Option(min=50, help="Shares a bucket [default: a 50th of the mean day].")
    ] = None,
    window: Annotated[int, typer.Option(min=2, max=10_000, help="Buckets in the window.")] = 50,
    scheme: Annotated[Scheme, typer.Option(help="Tick rule, or bulk volume classification.")] = Scheme.TICK,
    all_hours: Annotated[bool, typer.Option(help="Take prints outside 09:30-16:00 New York too.")] = False,
    json: JsonOption = False,
    plot: PlotOption = None,
) -> None:
    """Show VPIN (Easley, Lopez de Prado, O'Hara 2012): level, its rank in the day, and the unclassified share."""
    from alphatrader.analytics.tape_files import load_tapes  # noqa: PLC0415 - help must be fast
    from alphatrader.analytics.vpin_report import vpin_report  # noqa: PLC0415
    from alphatrader.commands.vpin_text import print_vpin, vpin_json  # noqa: PLC0415

    report = vpin_report(
        load_tapes(files, all_hours=all_hours), bucket_volume=bucket_volume, window=window, scheme=scheme.value
    )
    if plot is not None:
        from alphatrader.analytics.plots import plot_vpin  # noqa: PLC0415 - matplotlib is slow to load

        plot_vpin(report, plot)
    if json:
        typer.echo(vpin_json(report))
    else:
        print_vpin(report)
        if plot is not None:
            typer.echo(f"picture written to {plot}")
