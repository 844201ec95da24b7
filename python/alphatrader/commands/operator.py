"""``status``, ``halt``, ``resume``, ``flatten``, ``approve``: what a person tells a running trader."""

import sys
from typing import Annotated

import typer

from alphatrader.commands.flags import HomeOption, JsonOption, ReasonOption

ConfirmOption = Annotated[
    str | None, typer.Option("--confirm", metavar="WORD", help="The word to type, for use without a terminal.")
]


def status(*, home: HomeOption = None, json: JsonOption = False) -> None:
    """Show a run: feeds and their ages, trading state, strategies, positions, orders, P&L."""
    from alphatrader.commands.status_text import status_command  # noqa: PLC0415 - help must be fast

    status_command(home=home, as_json=json)


def halt(*, home: HomeOption = None, reason: ReasonOption = "halted by the operator") -> None:
    """Stop new risk at once: cancel working entries, keep protective stops. Asks nothing."""
    from alphatrader.commands.operator_actions import halt_command  # noqa: PLC0415 - help must be fast

    halt_command(home=home, reason=reason)


def resume(*, home: HomeOption = None, reason: ReasonOption, confirm: ConfirmOption = None) -> None:
    """Allow entries again after a halt. Asks for a reason and the word RESUME."""
    from alphatrader.commands.operator_actions import resume_command  # noqa: PLC0415 - help must be fast

    _demand("RESUME", confirm, "New entries will be allowed again.")
    resume_command(home=home, reason=reason)


def flatten(*, home: HomeOption = None, reason: ReasonOption, confirm: ConfirmOption = None) -> None:
    """Halt, retire the stops and close every position at the market. Lists what it will do, then asks for FLATTEN."""
    from alphatrader.commands.operator_actions import flatten_command, flatten_plan  # noqa: PLC0415 - help must be fast

    for line in flatten_plan(home=home):
        typer.echo(line)
    _demand("FLATTEN", confirm, "Every position above will be closed.")
    flatten_command(home=home, reason=reason)


def approve(
    signal: Annotated[str, typer.Argument(metavar="ID", help="Id of the signal that waits; status shows it.")],
    *,
    home: HomeOption = None,
    reason: ReasonOption = "approved by the operator",
) -> None:
    """Let a signal that waits for approval become an order: it is judged again at the present price."""
    from alphatrader.commands.operator_actions import approve_command  # noqa: PLC0415 - help must be fast

    approve_command(home=home, signal_id=signal, reason=reason)


def _demand(word: str, given: str | None, consequence: str) -> None:
    from alphatrader.domain.errors import ConfigError  # noqa: PLC0415 - help must be fast

    try:
        typed = (
            given
            if given is not None
            else typer.prompt(f"{consequence} Type {word} to go on", default="", show_default=False)
        )
    except typer.Abort:
        typed = ""  # the end of its input, or Ctrl-C: not the word
        print(file=sys.stderr)
    if typed.strip() != word:
        raise ConfigError(f"not confirmed: the word {word} was not typed, so nothing was done")
