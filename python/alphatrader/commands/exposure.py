"""``alphatrader exposure``: dealer exposure of an option chain from a file or from Alpha Vantage."""

from enum import StrEnum
from typing import Annotated

import typer

from alphatrader.commands.flags import ConfigOption, JsonOption, PlotOption


class Weight(StrEnum):
    """What counts contracts."""

    OPEN_INTEREST = "open_interest"
    VOLUME = "volume"


def exposure(
    source: Annotated[
        str,
        typer.Argument(
            metavar="FILE|SYMBOL",
            help="Cboe CSV, Alpha Vantage JSON or CSV, Parquet, Lean universe CSV (each also .gz); or a symbol.",
        ),
    ],
    *,
    expiry: Annotated[
        list[str] | None, typer.Option(metavar="DATE", help="Only this expiry, YYYY-MM-DD; may be repeated.")
    ] = None,
    min_oi: Annotated[float, typer.Option("--min-oi", min=0, help="Leave out rows with fewer contracts.")] = 5.0,
    weight: Annotated[Weight, typer.Option(help="Count open interest, or the day's volume.")] = Weight.OPEN_INTEREST,
    recompute_gamma: Annotated[
        bool, typer.Option(help="Take gamma from the row's IV (Cboe rounds its own to 4 decimals).")
    ] = False,
    spot: Annotated[
        float | None, typer.Option(min=0.0001, help="Price of the underlying, instead of the file's.")
    ] = None,
    as_of: Annotated[
        str | None, typer.Option("--as-of", metavar="TIME", help="Time of the quotes, New York, instead of the file's.")
    ] = None,
    top: Annotated[int, typer.Option(min=0, help="How many strikes to list.")] = 10,
    json: JsonOption = False,
    plot: PlotOption = None,
    config: ConfigOption = None,
) -> None:
    """Show dealer exposure: GEX, DEX, VEX, CHEX, walls, zero gamma by two methods, max pain, and what was left out."""
    from alphatrader.analytics.as_of import parse_as_of_option  # noqa: PLC0415 - help must be fast
    from alphatrader.analytics.exposure_report import ExposureOptions, exposure_report  # noqa: PLC0415
    from alphatrader.commands.chain_source import chain_of  # noqa: PLC0415
    from alphatrader.commands.exposure_text import exposure_json, print_exposure  # noqa: PLC0415

    moment = parse_as_of_option(as_of) if as_of else None
    loaded = chain_of(source, spot=spot, as_of=moment, config_path=config)
    options = ExposureOptions(
        min_open_interest=min_oi,
        weight=weight.value,
        gamma="recompute" if recompute_gamma else "given",
        expiries=tuple(expiry or ()),
    )
    report = exposure_report(loaded, options)
    if plot is not None:
        from alphatrader.analytics.plots import plot_exposure  # noqa: PLC0415 - matplotlib is slow to load

        plot_exposure(report, plot)
    if json:
        typer.echo(exposure_json(report, top))
    else:
        print_exposure(report, top)
        if plot is not None:
            typer.echo(f"picture written to {plot}")
