"""Options that several subcommands share, so that they read the same everywhere."""

from pathlib import Path
from typing import Annotated

import typer

ConfigOption = Annotated[
    Path | None,
    typer.Option("--config", metavar="FILE", help="Configuration [default: config/config.yaml, or the defaults]."),
]
HomeOption = Annotated[
    Path | None,
    typer.Option("--home", metavar="DIR", help="Home of the run [default: the newest below the state directory]."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")]
PlotOption = Annotated[
    Path | None,
    typer.Option(
        "--plot", metavar="FILE", help="Write a picture too: .png, or .html for a page that needs nothing else."
    ),
]
ReasonOption = Annotated[str, typer.Option("--reason", help="Why; it goes into the journal.")]
