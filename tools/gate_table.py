"""Writes the table of the risk gate's checks into docs/risk.md, from the table by which the gate works.

Run it after a change of ``alphatrader.risk.checks.CHECKS``: ``.venv/bin/python tools/gate_table.py``. With ``--check``
it changes nothing and says by its exit status whether the page is as it should be.
"""

import argparse
import sys
from pathlib import Path

from alphatrader.risk.checks import CHECKS, Check

PAGE = Path(__file__).parents[1] / "docs" / "risk.md"
COMMAND = ".venv/bin/python tools/gate_table.py"
BEGIN = "<!-- gate:begin: written by tools/gate_table.py, not by hand -->"
END = "<!-- gate:end -->"


def table() -> str:
    """Return the table, a row for each check in the order in which they are asked."""
    rows = [_row(number, check) for number, check in enumerate(CHECKS, start=1)]
    head = ("| | check | demands | of | else refuses with |", "|---|---|---|---|---|")
    return "\n".join((BEGIN, *head, *rows, END))


def _row(number: int, check: Check) -> str:
    codes = ", ".join(f"`{code}`" for code in check.codes)
    asked = "the ground" if check.standing else "the order"
    return f"| {number} | {check.name} | {check.demands} | {asked} | {codes} |"


def with_table(text: str) -> str:
    """Return a page's text with the table as it should be. Raises ValueError where the page has no place for it."""
    if text.count(BEGIN) != 1 or text.count(END) != 1 or text.index(BEGIN) > text.index(END):
        raise ValueError(f"the page has no place for the table: put the lines {BEGIN} and {END} there, once each")
    before, _, rest = text.partition(BEGIN)
    return before + table() + rest.partition(END)[2]


def main(arguments: list[str] | None = None) -> int:
    """Write the page, or check it. Returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--check", action="store_true", help="change nothing; exit status 1 if the page is out of date")
    parser.add_argument("--page", type=Path, default=PAGE, help="another page than docs/risk.md")
    options = parser.parse_args(arguments)
    before = options.page.read_text(encoding="utf-8")
    try:
        after = with_table(before)
    except ValueError as error:
        print(f"{options.page}: {error}", file=sys.stderr)
        return 1
    if options.check and after != before:
        print(f"{options.page} is not what the checks are: write it anew with {COMMAND}", file=sys.stderr)
        return 1
    if after != before:
        options.page.write_text(after, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
