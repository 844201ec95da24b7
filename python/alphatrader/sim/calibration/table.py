"""The table of figures in a document, between two markers."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from alphatrader.domain.errors import DataError
from alphatrader.sim.calibration.figures import CHAIN_FIGURES, TAPE_FIGURES, Figure, mean_of
from alphatrader.sim.calibration.gather import Samples
from alphatrader.sim.calibration.samples import Sample

BEGIN, END = "<!-- calibration:begin -->", "<!-- calibration:end -->"

_PLOTS = (
    ("calibration-prints.svg", "spread, size of prints, time between them"),
    ("calibration-day.svg", "volume and volatility over the day"),
    ("calibration-memory.svg", "autocorrelation of signs and of absolute returns, variance by scale"),
    ("calibration-smile.svg", "smile, term structure, option spreads"),
    ("calibration-interest.svg", "open interest and volume by strike"),
)


def to_markdown(samples: Samples, folder: str) -> str:
    """Write plots and tables as Markdown; ``folder`` is where the plots lie, seen from the document."""
    lines = [f"![{text}]({folder}/{name})" for name, text in _PLOTS]
    lines += ["", *_table(TAPE_FIGURES, samples.tapes), "", *_table(CHAIN_FIGURES, samples.chains), ""]
    lines += [f"* {line}" for line in _sources(samples)]
    return "\n".join(lines)


def _table(figures: Sequence[Figure[Sample]], groups: Mapping[str, Sequence[Sample]]) -> list[str]:
    """Return a row a figure: the mean of each group with its range, and the bounds of the simulated one."""
    lines = ["| | " + " | ".join(groups) + " | bounds |", "|---" * (len(groups) + 2) + "|"]
    for figure in figures:
        cells = []
        for samples in groups.values():
            values = [value for sample in samples if (value := figure.of(sample)) == value]
            cells.append(_cell(values, mean_of(figure, samples), figure.decimals))
        lines.append(f"| {figure.name} | " + " | ".join(cells) + f" | {figure.low:g} to {figure.high:g} |")
    return lines


def _cell(values: list[float], mean: float, decimals: int) -> str:
    if not values:
        return "-"
    low, high = f"{min(values):.{decimals}f}", f"{max(values):.{decimals}f}"
    return f"{mean:.{decimals}f}" + (f" ({low} to {high})" if low != high else "")


def _sources(samples: Samples) -> list[str]:
    """Say of each group from which days it comes; the simulated group has one entry for both tables."""
    days = {
        name: dict.fromkeys(sample.name.partition(" ")[2] for sample in group)
        for groups in (samples.tapes, samples.chains)
        for name, group in groups.items()
    }
    return [f"{name}: {', '.join(group)}" for name, group in days.items()]


def put_into(document: Path, markdown: str) -> None:
    """Replace what stands between the markers of a document. Raises DataError if it has none or cannot be written."""
    try:
        text = document.read_text(encoding="utf-8")
        before, begin, rest = text.partition(BEGIN)
        _, end, after = rest.partition(END)
        if not begin or not end:
            raise DataError(f"{document} lacks the lines {BEGIN} and {END}: write them where the table shall stand")
        document.write_text(f"{before}{BEGIN}\n{markdown}\n{END}{after}", encoding="utf-8")
    except OSError as error:
        raise DataError(f"{document} cannot be read and written ({error.strerror}): name another") from error
