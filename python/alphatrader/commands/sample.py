"""``alphatrader sample``: an invented chain and tape to try the file commands on."""

from pathlib import Path
from typing import Annotated

import typer


def sample(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="Where to write the three files.")] = Path(
        "var/sample"
    ),
    *,
    seed: Annotated[int, typer.Option(min=0, help="Same seed, same files.")] = 7,
) -> None:
    """Write a SIMULATED option chain (CSV and JSON) and tape: something to try `exposure` and `vpin` on."""
    from alphatrader.analytics.sample import LABEL, write_sample  # noqa: PLC0415 - help must be fast

    chain_csv, chain_json, tape = write_sample(directory, seed)
    typer.echo(f"{LABEL} (seed {seed}):")
    typer.echo(f"  alphatrader exposure {chain_csv}")
    typer.echo(f"  alphatrader exposure {chain_json}")
    typer.echo(f"  alphatrader vpin {tape}")
