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
app.command("run")(run.run)
app.command("sim")(sim.sim)
app.command("replay")(replay.replay)
app.command("status")(operator.status)
app.command("halt")(operator.halt)
app.command("resume")(operator.resume)
app.command("flatten")(operator.flatten)
app.command("exposure")(exposure.exposure)
app.command("vpin")(vpin.vpin)
app.command("sample")(sample.sample)
app.command("doctor")(doctor.doctor)


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
