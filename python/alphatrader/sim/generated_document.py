"""Documents that are written from the code: written anew, or checked against what is there."""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path

DOCUMENTS = Path(__file__).parents[3] / "docs"


def cell(text: str) -> str:
    """Write a text into one cell of a table."""
    return " ".join(text.split()).replace("|", "\\|")


def write_or_check(name: str, text: Callable[[], str], arguments: Sequence[str]) -> int:
    """Write ``docs/name``; with ``--check`` say whether it is as it should be. Returns the exit status."""
    path = DOCUMENTS / name
    module = sys.modules["__main__"].__spec__
    command = f"python -m {module.parent if module and module.parent else 'alphatrader.sim'}"
    if list(arguments) not in ([], ["--check"]):
        print(f"{command} takes --check or nothing (was {' '.join(arguments)})", file=sys.stderr)
        return 2
    if not arguments:
        path.write_text(text(), encoding="utf-8")
        return 0
    if path.is_file() and path.read_text(encoding="utf-8") == text():
        return 0
    print(f"docs/{name} is not what the code says: write it anew with {command}", file=sys.stderr)
    return 1
