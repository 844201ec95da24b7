"""What is wanted of a tape."""

from pathlib import Path
from typing import NamedTuple


class TapeSpec(NamedTuple):
    """A file or folder, a file of quotes beside it, the date (``YYYY-MM-DD``) and the symbols to take from it.

    ``symbols`` name what a file without names holds, and choose among what one with names holds.
    """

    path: Path
    quotes: Path | None
    date: str | None
    symbols: tuple[str, ...]
