"""What the engine puts out is written in order, with a hash that a replay must reproduce."""

import hashlib
from pathlib import Path
from typing import Any

from alphatrader.engine.replay import digest_of
from alphatrader.trader.outputs import OutputFile


class State:
    def __init__(self) -> None:
        self.lines: list[bytes] = []

    def drain_outputs(self) -> list[bytes]:
        drained, self.lines = self.lines, []
        return drained


async def test_lines_are_appended_and_hashed_as_a_replay_hashes_them(tmp_path: Path) -> None:
    state = State()
    outputs = OutputFile(tmp_path / "outputs.jsonl", state)  # type: ignore[arg-type]
    assert outputs.digest == hashlib.sha256().hexdigest()
    await outputs.flush()
    assert not (tmp_path / "outputs.jsonl").exists()
    for block in ([b'{"a":1}', b'{"b":2}'], [], [b'{"c":3}']):
        state.lines += block
        await outputs.flush()
    assert (tmp_path / "outputs.jsonl").read_bytes() == b'{"a":1}\n{"b":2}\n{"c":3}\n'
    assert outputs.digest == digest_of([b'{"a":1}', b'{"b":2}', b'{"c":3}'])


async def test_what_the_disk_refused_is_written_when_it_takes_it(tmp_path: Path) -> None:
    state: Any = State()
    outputs = OutputFile(tmp_path / "later" / "outputs.jsonl", state)
    state.lines = [b"1"]
    await outputs.flush()
    state.lines = [b"2"]
    (tmp_path / "later").mkdir()
    await outputs.flush()
    await outputs.flush()
    assert (tmp_path / "later" / "outputs.jsonl").read_bytes() == b"1\n2\n"
