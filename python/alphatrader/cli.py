"""The ``alphatrader`` command: wires the subcommands and turns known errors into one line and an exit status."""

import sys
from typing import Annotated

import typer

from alphatrader import __version__
from alphatrader.commands import doctor, exposure, operator, replay, run, sample, sim, vpin
from alphatrader.domain.errors import AlphaTraderError

app = typer.Typer(
    name="alphatrader",
    help="Trades short-dated US options on Interactive Brokers, or on a simulated market.",
    no_args_is_help=True,
    add_completion=False,
    # A traceback with local variables could print a secret; known errors get one line instead.
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command("run", short_help="Trade: simulated, paper or live.")(run.run)
app.command(
    "sim",
    short_help="Serve a SIMULATED market and gateway.",
    # Its options are those of the simulator's own command line, its help too.
    context_settings={"ignore_unknown_options": True, "allow_extra_args": True},
    add_help_option=False,
)(sim.sim)
app.command("replay", short_help="Replay a run and compare its decisions.")(replay.replay)
app.command("status", short_help="Show feeds, trading state, positions, P&L.")(operator.status)
app.command("halt", short_help="Stop new risk at once; stops are kept.")(operator.halt)
app.command("resume", short_help="Allow entries again after a halt.")(operator.resume)
app.command("flatten", short_help="Close every position, then stay halted.")(operator.flatten)
app.command("approve", short_help="Let a signal that waits be entered.")(operator.approve)
app.command("exposure", short_help="Show dealer exposure of an option chain.")(exposure.exposure)
app.command("vpin", short_help="Show the order flow toxicity of a tape.")(vpin.vpin)
app.command("sample", short_help="Write a SIMULATED chain and tape to try.")(sample.sample)
app.command("doctor", short_help="Check this machine and configuration.")(doctor.doctor)


def _show_version(asked: bool) -> None:
    if asked:
        typer.echo(f"alphatrader {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    _version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Hold the options of the whole command."""


def main() -> None:
    """Run the command line: the console script's entry."""
    try:
        app()
    except AlphaTraderError as error:
        sys.exit(_report(error))
    except BaseExceptionGroup as group:
        known = _first_known(group)
        if known is None:
            raise
        sys.exit(_report(known))
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        # The reader of a pipe went away (`| head`): nothing is wrong, but the stream cannot be flushed any more.
        sys.stderr.close()
        sys.exit(141)


def _report(error: AlphaTraderError) -> int:
    for line in str(error).splitlines() or [type(error).__name__]:
        typer.echo(f"error: {line}", err=True)
    return error.exit_code


def _first_known(group: BaseExceptionGroup[BaseException]) -> AlphaTraderError | None:
    """Return the first of our errors in a group, if the group holds nothing else (another one is a bug: show it)."""
    known, other = group.split(AlphaTraderError)
    if known is None or other is not None:
        return None
    first: BaseException = known
    while isinstance(first, BaseExceptionGroup):
        first = first.exceptions[0]
    return first if isinstance(first, AlphaTraderError) else None


if __name__ == "__main__":
    main()
