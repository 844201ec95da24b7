"""The tables of docs/benchmarks.md, written between their markers from a record of bench/results.

``python -m bench.table [RECORD]`` (default: the newest one).
"""

import json
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from bench.contest import SIZES
from bench.demands import PATHS

from bench import record

DOCS = Path(__file__).parents[1] / "docs" / "benchmarks.md"

Row = dict[str, Any]


def plain(contests: Sequence[Row], alone: Sequence[Row]) -> Iterator[str]:
    """One line a race for the terminal."""
    for race in contests:
        ours, *others = race["contestants"]
        words = [f"ours {number(ours['ns_per_element']['median'])} ns/{race['unit']}"]
        for one in others:
            ratio = one["ratio"]
            words.append(
                f"{one['name']} {number(one['ns_per_element']['median'])} = {number(ratio['median'])}x"
                f" ({number(ratio['low'])}-{number(ratio['high'])}){_verdict(one)}"
            )
        words += [f"{name}: {reason}" for name, reason in race["absent"].items()]
        yield f"{race['kernel']}, {race['size']:,}: {' | '.join(words)}"
    for row in alone:
        yield f"{row['name']}: median {number(row['median_ms'])} ms, least {number(row['min_ms'])} ms"


def update_docs(path: Path, docs: Path = DOCS) -> None:
    """Write the tables of the record at ``path`` into the document."""
    run = json.loads(path.read_text())
    text = docs.read_text()
    parts = {"machine": machine_line(run), "demands": demand_table(run), "growth": growth_table(run)}
    parts["alone"] = alone_table(run)
    for name, lines in parts.items():
        text = between(text, name, "\n".join(lines))
    docs.write_text(text)


def between(text: str, name: str, content: str) -> str:
    """Replace what stands between ``<!-- bench:name -->`` and ``<!-- /bench:name -->``. Raises ValueError."""
    start, end = f"<!-- bench:{name} -->", f"<!-- /bench:{name} -->"
    if text.count(start) != 1 or text.count(end) != 1:
        raise ValueError(f"the document needs one pair of markers {start} {end}")
    before, _, rest = text.partition(start)
    _, _, after = rest.partition(end)
    return f"{before}{start}\n{content}\n{end}{after}"


def machine_line(run: Row) -> list[str]:
    """Date, machine, versions."""
    machine, software = run["machine"], run["software"]
    commits = sorted({row["commit"] or "unknown" for row in (*run["contests"], *run["alone"])})
    packages = ", ".join(f"{name} {version}" for name, version in software["packages"].items() if version)
    missing = [name for name, version in software["packages"].items() if not version]
    return [
        f"Measured {run['written_at'][:10]} on {machine['cpu']} ({machine['architecture']}), {machine['cores']} cores, "
        f"{machine['memory_gib']} GiB, {machine['os']}; Python {software['python']}, {software['rustc']}, "
        f"profile `{software['profile']}`, commit {', '.join(f'`{one}`' for one in commits)}.",
        "",
        f"Versions: {packages}." + (f" Not installed there: {', '.join(missing)}." if missing else ""),
    ]


def demand_table(run: Row) -> list[str]:
    """Each demand with the ratio measured at each size, then what the misses have to say for themselves."""
    lines = _header("path", "kernel", "ours against", "demand", *map(short, SIZES), "met")
    notes: list[str] = []
    for path, pattern in PATHS:
        kernels = [race for race in run["contests"] if _belongs(race, pattern)]
        rows = list(_demand_rows(path, kernels))
        lines += rows or [_cells(path, "no contest in this record", "", "", *("" for _ in SIZES), "")]
        notes += [f"- {kernel}: {note}" for kernel, note in _notes(kernels)]
    others = [race for race in run["contests"] if not any(_belongs(race, pattern) for _, pattern in PATHS)]
    lines += _demand_rows("", others)
    notes += [f"- {kernel}: {note}" for kernel, note in _notes(others)]
    return [*lines, "", *notes] if notes else lines


def growth_table(run: Row) -> list[str]:
    """Nanoseconds per element over the sizes, each contestant."""
    lines = _header("kernel", "contestant", *(f"{short(size)}, ns" for size in SIZES), "other sizes")
    for kernel, races in _by_kernel(run["contests"]):
        for name in _names(races):
            figures = {race["size"]: number(one["ns_per_element"]["median"]) for race, one in _entries(races, name)}
            others = ", ".join(f"{value} at {size:,}" for size, value in figures.items() if size not in SIZES)
            label = f"{kernel} (per {races[0]['unit']})" if name == "ours" else ""
            lines.append(_cells(label, name, *(figures.get(size, "") for size in SIZES), others))
    return lines


def alone_table(run: Row) -> list[str]:
    """Benchmarks without a rival."""
    lines = _header("benchmark", "median, ms", "least, ms", "rounds")
    for row in run["alone"]:
        lines.append(_cells(f"`{row['name']}`", number(row["median_ms"]), number(row["min_ms"]), row["rounds"]))
    return lines


def number(value: float | None) -> str:
    """Three significant digits, thousands with commas, never an exponent."""
    if value is None:
        return "-"
    if abs(value) >= 100:
        return f"{value:,.0f}"
    digits = f"{value:.3g}"
    return f"{value:.6f}".rstrip("0") if "e" in digits else digits


def short(size: int) -> str:
    """10 k, 1 M."""
    return f"{size // 10**6} M" if size % 10**6 == 0 else f"{size // 10**3} k" if size % 10**3 == 0 else f"{size:,}"


def _demand_rows(path: str, races: Iterable[Row]) -> Iterator[str]:
    for kernel, sizes in _by_kernel(races):
        for name in _names(sizes):
            entries = [(race["size"], one) for race, one in _entries(sizes, name) if one.get("demand") is not None]
            if not entries:
                continue
            demands = list(dict.fromkeys(f"{one['demand']:g}" for _, one in entries))
            cells = {size: number(one["ratio"]["median"]) for size, one in entries}
            missed = [size for size, one in entries if not one["met"]]
            others = [f"{value} at {size:,}" for size, value in cells.items() if size not in SIZES]
            met = (
                "yes"
                if not missed
                else "no"
                if len(missed) == len(entries)
                else f"not at {', '.join(map(short, missed))}"
            )
            met = "; ".join([met, *others])
            ratios = (cells.get(size, "") for size in SIZES)
            yield _cells(path, kernel, name, f"<= {' / '.join(demands)}", *ratios, met)
            path = ""


def _belongs(race: Row, pattern: str) -> bool:
    return re.search(pattern, race["kernel"], re.IGNORECASE) is not None


def _notes(races: Sequence[Row]) -> Iterator[tuple[str, str]]:
    """Each sentence once for a kernel, in the order of the sizes."""
    told = dict.fromkeys((race["kernel"], note) for race in races for note in race["notes"])
    yield from told
    absent = dict.fromkeys(
        (race["kernel"], f"{name}: {reason}.")
        for race in races
        for name, reason in race["absent"].items()
        if reason.startswith("not installed")
    )
    yield from absent


def _by_kernel(races: Iterable[Row]) -> Iterator[tuple[str, list[Row]]]:
    kernels: dict[str, list[Row]] = {}
    for race in races:
        kernels.setdefault(race["kernel"], []).append(race)
    for kernel, sizes in kernels.items():
        yield kernel, sorted(sizes, key=lambda race: race["size"])


def _names(races: Sequence[Row]) -> list[str]:
    return list(dict.fromkeys(one["name"] for race in races for one in race["contestants"]))


def _entries(races: Sequence[Row], name: str) -> Iterator[tuple[Row, Row]]:
    for race in races:
        for one in race["contestants"]:
            if one["name"] == name and one["ns_per_element"]:
                yield race, one


def _verdict(one: Row) -> str:
    if one["demand"] is None:
        return ""
    return f" {'meets' if one['met'] else 'MISSES'} {one['demand']:g}"


def _header(*names: str) -> list[str]:
    return [_cells(*names), "|" + "---|" * len(names)]


def _cells(*cells: object) -> str:
    return "| " + " | ".join(str(cell).replace("|", "\\|") for cell in cells) + " |"


def main(arguments: Sequence[str]) -> int:
    """Rewrite the document; 2 if there is no record."""
    path = Path(arguments[0]) if arguments else record.newest()
    if path is None:
        print("error: bench/results holds no record: run  just bench", file=sys.stderr)
        return 2
    update_docs(path)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
