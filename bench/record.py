"""The record of a run: ``bench/results/<date>-<cpu>.json``.

One file per day and machine. A later run of some kernels replaces their rows in it, each row with its own commit and
time; where machine or versions have changed since, a further file is begun instead.
"""

import json
import math
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from bench import machine

FORMAT = 1
RESULTS = Path(__file__).parent / "results"

Row = dict[str, Any]


def write(contests: Iterable[Row], alone: Iterable[Row], directory: Path = RESULTS) -> Path:
    """Add the rows of this run (`Race.result`, and benchmarks without a rival) to the record; return its path."""
    stamp = {"commit": machine.commit(), "measured_at": machine.now()}
    facts = {"machine": machine.machine(), "software": machine.software()}
    path, content = _open(directory, facts, stamp["measured_at"] or "")
    content["written_at"] = stamp["measured_at"]
    content["contests"] = _merged(content["contests"], [row | stamp for row in contests], ("kernel", "size"))
    content["alone"] = _merged(content["alone"], [row | stamp for row in alone], ("name",))
    directory.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(rounded(content), indent=1, ensure_ascii=False) + "\n")
    return path


def newest(directory: Path = RESULTS) -> Path | None:
    """The record that was written last, by what it says itself."""
    files = [path for path in directory.glob("20*.json") if json.loads(path.read_text())["format"] == FORMAT]
    return max(files, key=lambda path: json.loads(path.read_text())["written_at"], default=None)


def rounded(value: Any) -> Any:
    """Four significant digits: a timing has no more."""
    if isinstance(value, float):
        return float(f"{value:.4g}") if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: rounded(one) for key, one in value.items()}
    return [rounded(one) for one in value] if isinstance(value, list) else value


def _open(directory: Path, facts: dict[str, Any], now: str) -> tuple[Path, dict[str, Any]]:
    """The file of today and this machine if the facts are still the same, else a new one."""
    stem = f"{now[:10]}-{machine.slug(facts['machine']['cpu'])}"
    for number in range(1, 1_000):
        path = directory / (f"{stem}.json" if number == 1 else f"{stem}-{number}.json")
        if not path.exists():
            break
        content: dict[str, Any] = json.loads(path.read_text())
        if content["format"] == FORMAT and {name: content[name] for name in facts} == facts:
            return path, content
    return path, {"format": FORMAT, "written_at": now, **facts, "contests": [], "alone": []}


def _merged(old: list[Row], new: list[Row], key: tuple[str, ...]) -> list[Row]:
    rows = {tuple(row[name] for name in key): row for row in (*old, *new)}
    return [rows[name] for name in sorted(rows)]
