"""The matrix of conformance in ``docs/simulator.md``: read, brought up to date by what a run saw, written if changed.

A cell is ``ok``, ``ok`` with the number of a footnote (the client shows something that isn't so, and the step holds
that it does), or ``-`` (the client does not offer it). A cell that was not run, or failed, keeps what it said, ``?`` if
nothing: whether it still holds is what the test run says.
"""

from pathlib import Path
from typing import Any

from tests.conformance.clients import CLIENTS
from tests.conformance.table import STEPS, Step

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "simulator.md"
BEGIN = "<!-- conformance:begin -->"
END = "<!-- conformance:end -->"
NOT_RUN = "?"
ABSENT = "-"
OK = "ok"

_passed: dict[tuple[str, str, str], bool] = {}


def remember(report: Any) -> None:
    """Take the report of a phase of a test; a cell with several tests is passed if all of them are."""
    cell = dict(report.user_properties).get("cell")
    if cell is None or (report.when == "teardown" and report.passed):
        return
    if report.when == "setup" and report.passed:
        return
    key = tuple(cell)
    if report.skipped or hasattr(report, "wasxfail"):
        return
    _passed[key] = _passed.get(key, True) and report.passed


def table_lines(committed: dict[tuple[str, str, str], str]) -> list[str]:
    """Return the lines of the matrix: the table's steps, what was seen, and for the rest what was committed."""
    notes: list[str] = []
    lines = [f"| step | {' | '.join(CLIENTS)} |", f"|---|{'---|' * len(CLIENTS)}"]
    section = ""
    for step in STEPS:
        if step.section != section:
            section = step.section
            lines.append(f"| **{section}** |{' |' * len(CLIENTS)}")
        lines.append(f"| {step.title} | {' | '.join(_cell(step, client, notes, committed) for client in CLIENTS)} |")
    return [*lines, "", *(f"{number}. {text}" for number, text in enumerate(notes, 1))]


def _cell(step: Step, client: str, notes: list[str], committed: dict[tuple[str, str, str], str]) -> str:
    if step.absence(client):
        return ABSENT
    key = (step.section, step.title, client)
    known = committed.get(key, NOT_RUN)
    if not _passed.get(key, False) and not known.startswith(OK):
        return NOT_RUN
    text = step.deviation(client)
    if not text:
        return OK
    if text not in notes:
        notes.append(text)
    return f"{OK} [{notes.index(text) + 1}]"


def committed_cells(text: str) -> dict[tuple[str, str, str], str]:
    """Read the cells of the matrix in a document."""
    cells: dict[tuple[str, str, str], str] = {}
    section = ""
    clients: list[str] = []
    for line in _between(text).splitlines():
        if not line.startswith("|") or line.startswith("|---"):
            continue
        title, *values = [part.strip() for part in line.strip("|").split("|")]
        if title == "step":
            clients = values
        elif title.startswith("**"):
            section = title.strip("*")
        else:
            cells.update({(section, title, client): value for client, value in zip(clients, values, strict=True)})
    return cells


def write_what_was_seen() -> None:
    """Bring the document up to date, if a run saw anything that it does not say."""
    if not _passed:
        return
    text = DOCUMENT.read_text()
    inside = "\n".join(table_lines(committed_cells(text)))
    before, after = text.split(BEGIN)[0], text.split(END)[1]
    fresh = f"{before}{BEGIN}\n{inside}\n{END}{after}"
    if fresh != text:
        DOCUMENT.write_text(fresh)


def _between(text: str) -> str:
    assert text.count(BEGIN) == 1, f"{DOCUMENT.name} has to hold {BEGIN} once"
    assert text.count(END) == 1, f"{DOCUMENT.name} has to hold {END} once"
    return text.split(BEGIN)[1].split(END, maxsplit=1)[0]
