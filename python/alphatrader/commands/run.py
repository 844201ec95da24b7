"""``alphatrader run``: the trader."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from alphatrader.commands.flags import ConfigOption


class ModeChoice(StrEnum):
    """The mode on the command line."""

    PAPER = "paper"
    LIVE = "live"


def run(
    *,
    config: ConfigOption = None,
    mode: Annotated[ModeChoice | None, typer.Option(help="What to trade with [default: the configuration's].")] = None,
    speed: Annotated[
        float | None,
        typer.Option(min=0.1, max=1000, help="Simulation: market seconds a wall second; 1 = real time [default: 10]."),
    ] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Simulation: same seed, same market.")] = None,
    duration: Annotated[
        float | None,
        typer.Option(min=1, metavar="SECONDS", help="Close positions and stop cleanly after so many wall seconds."),
    ] = None,
    days: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Stop after so many sessions; positions are held.")
    ] = None,
    once: Annotated[bool, typer.Option(help="Stop after one session: the same as --days 1.")] = False,
    tape: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Simulation: drive the market with these real prints (Lean zip)."),
    ] = None,
    headless: Annotated[bool, typer.Option(help="Do not start the page; the terminal shows the same lines.")] = False,
    resume: Annotated[
        bool, typer.Option(help="Go on in the newest home: same journal, same simulated gateway.")
    ] = False,
) -> None:
    """Trade: on the simulated market (no account needed), a paper account, or live.

    Goes on from session to session until Ctrl-C. Starts what is missing (simulated gateway, Redis, dashboard), starts
    again what dies, and stops all of it cleanly. Live refuses without live.account in the configuration, the account
    typed as confirmation, and enough clean paper sessions.
    """
    from alphatrader.supervisor.run import run_command  # noqa: PLC0415 - help must not load the supervisor

    run_command(
        config_path=config,
        mode=mode.value if mode else None,
        speed=speed,
        seed=seed,
        duration_s=duration,
        days=1 if once else days,
        tape=tape,
        headless=headless,
        resume=resume,
    )
