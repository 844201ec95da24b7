"""The examples of docs/library.md run as they stand, in the order given, and print what the page says they print."""

import contextlib
import io
import re
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pytest

from alphatrader.analytics.sample import write_sample

PAGE = Path(__file__).parents[2] / "docs" / "library.md"
BLOCK = re.compile(r"^```python\n(?P<code>.*?)^```\n(?:\n```text\n(?P<output>.*?)^```\n)?", re.MULTILINE | re.DOTALL)


def write_files(directory: Path) -> None:
    """What the page says lies in the reader's folder."""
    write_sample(directory, seed=7)
    tape = pa.csv.read_csv(directory / "sample_tape.csv")
    pa.parquet.write_table(tape.select(["ts_ns", "price", "size"]), directory / "trades.parquet")


def test_the_examples_print_what_the_page_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mpl.use("agg")
    write_files(tmp_path)
    monkeypatch.chdir(tmp_path)
    blocks = list(BLOCK.finditer(PAGE.read_text(encoding="utf-8")))
    assert len(blocks) >= 6
    names: dict[str, object] = {"__name__": "example"}
    for block in blocks:
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile(block["code"], f"docs/library.md, {block['code'].splitlines()[0]}", "exec"), names)
        if block["output"] is not None:
            assert printed.getvalue() == block["output"], block["code"]
    assert (tmp_path / "gex.png").stat().st_size > 10_000
    assert isinstance(names["np"], type(np))
