"""``alphatrader replay``: a recorded run through the same engine again."""

from pathlib import Path
from typing import Annotated

import typer

from alphatrader.commands.flags import JsonOption


def replay(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="Home of a run, or one start below its events/.")],
    *,
    json: JsonOption = False,
) -> None:
    """Replay a run and compare its signals and order intents, byte for byte; exit status 1 if they differ."""
    from alphatrader.commands.replay_verdict import replay_command  # noqa: PLC0415 - help must not load the engine

    replay_command(run=run, as_json=json)
