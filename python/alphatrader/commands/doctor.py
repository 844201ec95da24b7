"""``alphatrader doctor``: checks of this machine, and the broker's error codes in plain words."""

import json as json_module
from typing import TYPE_CHECKING, Annotated

import typer

from alphatrader.commands.flags import ConfigOption, JsonOption

if TYPE_CHECKING:
    from alphatrader.ops.diagnosis import Check

_STYLE = {"ok": "green", "warning": "yellow", "failed": "bold red", "off": "dim"}


def doctor(
    *,
    config: ConfigOption = None,
    code: Annotated[int | None, typer.Option(help="Explain this error code of the broker instead.")] = None,
    json: JsonOption = False,
) -> None:
    """Check this machine and the configuration; each fault comes with its fix. Exit status 1 if a check failed."""
    if code is not None:
        _explain(code, as_json=json)
        return
    from alphatrader.ops.doctor import examine  # noqa: PLC0415 - help must be fast

    checks = examine(config)
    if json:
        typer.echo(json_module.dumps([vars(check) for check in checks], indent=2))
    else:
        _print(checks)
    if any(check.status == "failed" for check in checks):
        raise typer.Exit(1)


def _explain(code: int, *, as_json: bool) -> None:
    from alphatrader.domain.errors import DataError  # noqa: PLC0415 - help must be fast
    from alphatrader.ops.broker_codes import explain  # noqa: PLC0415

    known = explain(code)
    if known is None:
        raise DataError(f"code {code} is not in our table: its text in the log is all that is known; act on that")
    if as_json:
        typer.echo(json_module.dumps(vars(known), indent=2))
        return
    typer.echo(f"{known.code} ({known.topic}): {known.meaning}")
    typer.echo(f"fix: {known.fix}")


def _print(checks: "list[Check]") -> None:
    from rich.console import Console  # noqa: PLC0415 - help must be fast
    from rich.markup import escape  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415

    table = Table(box=None, pad_edge=False)
    for column in ("check", "", "found"):
        table.add_column(column, overflow="fold")
    for check in checks:
        found = escape(check.found)
        if check.fix and check.status != "ok":
            found += f"\n[italic]fix: {escape(check.fix)}[/]"
        table.add_row(check.name, f"[{_STYLE[check.status]}]{check.status}[/]", found)
    console = Console()
    console.print(table)
    failed = sum(check.status == "failed" for check in checks)
    warned = sum(check.status == "warning" for check in checks)
    console.print(f"{failed} failed, {warned} with a warning, {len(checks)} checks")
