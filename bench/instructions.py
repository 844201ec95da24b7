"""Instructions that each Rust kernel takes, counted by callgrind: ``just instructions``.

A time depends on the machine and its mood, a count of instructions does not: the same sources, compiler and libraries
give the same number. So a change may not make a kernel dearer than the recorded figure by more than `BOUND`, unless it
says so: ``just instructions --write --reason "..."`` records the new figures, with the reason beside them.

`bench/results/instructions.json` holds the figures and the environment they were counted in. Where the environment here
is another one, the commit that recorded them is built and counted here first, and the comparison is with that.
"""

import argparse
import concurrent.futures
import contextlib
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
RECORD = "bench/results/instructions.json"
BOUND = 0.03
"""Share by which a kernel may become dearer before it must be declared: layout and inlining move counts a little."""
TOGGLE = "*counted_by_callgrind*"
"""The function of rust/core/benches/instructions.rs inside which is counted."""

Figures = dict[str, int]


class CannotCountError(Exception):
    """What is missing here; counting is then left out with this one line."""


@dataclass
class Record:
    """The committed figures."""

    environment: dict[str, str] = field(default_factory=dict)
    kernels: Figures = field(default_factory=dict)
    declared: list[dict[str, Any]] = field(default_factory=list)

    @classmethod
    def parse(cls, text: str) -> "Record":
        content = json.loads(text)
        return cls(content["environment"], content["kernels"], content["declared"])

    def text(self) -> str:
        content = {
            "what": "instructions of one run of each kernel of rust/core/benches; see bench/instructions.py",
            "environment": self.environment,
            "kernels": dict(sorted(self.kernels.items())),
            "declared": self.declared,
        }
        return json.dumps(content, indent=1) + "\n"


# ------------------------------------------------------------------------------------------------ judging


def dearer(reference: Figures, figures: Figures) -> dict[str, float]:
    """Kernels that rose past the bound, by the share."""
    rises = {name: figures[name] / reference[name] - 1 for name in figures.keys() & reference.keys()}
    return {name: rise for name, rise in sorted(rises.items()) if rise > BOUND}


def undeclared(before: Record, after: Record) -> list[str]:
    """Recorded figures that rose, or vanished, without a reason beside them."""
    reasons = {(entry["kernel"], entry["to"]) for entry in after.declared if entry["reason"].strip()}
    rose = [
        f"the recorded figure of {name} rose by {rise:.1%} without a reason"
        for name, rise in dearer(before.kernels, after.kernels).items()
        if (name, after.kernels[name]) not in reasons
    ]
    gone = sorted(before.kernels.keys() - after.kernels.keys())
    return rose + [f"the figure of {name} vanished without a reason" for name in gone if (name, None) not in reasons]


def rewritten(before: Record, environment: dict[str, str], counted: Figures, reason: str | None) -> Record:
    """The record with the figures counted now. Raises ValueError where a rise has no reason.

    In one environment a figure within the bound of the old one is kept where it rose: small rises must not add up.
    """
    same = before.environment == environment
    kernels = {
        name: before.kernels[name] if same and 0 <= count / before.kernels.get(name, count + 1) - 1 <= BOUND else count
        for name, count in counted.items()
    }
    after = Record(environment, kernels, list(before.declared))
    if not same:
        # Figures of another compiler or processor say nothing about this change.
        return after
    changed: list[tuple[str, int | None]] = [(name, kernels[name]) for name in dearer(before.kernels, kernels)]
    changed += [(name, None) for name in sorted(before.kernels.keys() - kernels.keys())]
    if changed and not (reason or "").strip():
        raise ValueError(f"{', '.join(name for name, _ in changed)} became dearer or vanished: give --reason TEXT")
    after.declared += [
        {"kernel": name, "from": before.kernels[name], "to": to, "reason": reason} for name, to in changed
    ]
    return after


def table(reference: Figures, counted: Figures) -> Iterator[str]:
    """A line for each kernel."""
    for name, count in sorted(counted.items()):
        before = reference.get(name)
        change = f"{count / before - 1:+8.2%}" if before else "     new"
        yield f"  {name:<32} {count:>14,} {change}"


# ------------------------------------------------------------------------------------------------ counting


def environment() -> dict[str, str]:
    """All that a count depends on besides the sources."""
    flags = set(Path("/proc/cpuinfo").read_text().split()) if Path("/proc/cpuinfo").exists() else set()
    # The libraries and our own code choose among variants by these.
    telling = flags & {"avx", "avx2", "bmi2", "erms", "fma", "fsrm", "sse4_2"}
    return {
        "rustc": _said("rustc", "--version"),
        "valgrind": _said("valgrind", "--version"),
        "libc": " ".join(platform.libc_ver()),
        "cpu": " ".join([platform.machine(), *sorted(telling)]),
    }


def build(sources: Path) -> Path:
    """The counting program of a source tree. Dependencies are built once for all trees."""
    command = ["cargo", "bench", "--quiet", "--locked", "--no-run", "--package", "alphatrader-core", "--bench"]
    command += ["instructions", "--message-format=json", "--target-dir", str(ROOT / "target")]
    done = subprocess.run(command, cwd=sources, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise CannotCountError(f"the counting program does not build there: {done.stderr.strip().splitlines()[-1:]}")
    messages = (json.loads(line) for line in done.stdout.splitlines() if line.startswith("{"))
    programs = [message["executable"] for message in messages if message.get("executable")]
    return Path(programs[-1])


def count_all(program: Path, wanted: str | None = None) -> Figures:
    """Count every kernel of a program, one on each core."""
    names = [line.split()[0] for line in _said(str(program), "--list").splitlines()]
    chosen = [name for name in names if wanted in (None, name)]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        return dict(zip(chosen, pool.map(lambda name: count(program, name), chosen), strict=True))


def count(program: Path, kernel: str) -> int:
    """Instructions of one run of a kernel, without the making of its data."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "callgrind.out"
        options = ["--tool=callgrind", f"--toggle-collect={TOGGLE}", f"--callgrind-out-file={out}"]
        # An empty environment: its size would move the stack.
        done = subprocess.run(
            [shutil.which("valgrind") or "valgrind", *options, str(program), kernel],
            env={},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise RuntimeError(f"callgrind could not run {kernel}: {done.stderr.strip()[-2_000:]}")
        found = re.search(r"^(?:totals|summary): (\d+)", out.read_text(), re.MULTILINE)
    if found is None or int(found[1]) == 0:
        raise RuntimeError(f"callgrind counted nothing in {kernel}: was {TOGGLE} inlined?")
    return int(found[1])


@contextlib.contextmanager
def checked_out(commit: str) -> Iterator[Path]:
    """The sources of a commit, beside these."""
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder) / "base"
        _git("worktree", "add", "--detach", "--quiet", str(tree), commit)
        try:
            yield tree
        finally:
            _git("worktree", "remove", "--force", str(tree))


# ------------------------------------------------------------------------------------------------ history


def previous_record() -> Record | None:
    """The record as it was before it was last written; None where history does not reach that far."""
    committed = _git_or_none("show", f"HEAD:{RECORD}")
    if committed is not None and committed != (ROOT / RECORD).read_text():
        return Record.parse(committed)
    writes = (_git_or_none("log", "-2", "--format=%H", "--", RECORD) or "").split()
    text = _git_or_none("show", f"{writes[1]}:{RECORD}") if len(writes) == 2 else None
    return Record.parse(text) if text else None


def base_commit() -> str | None:
    """The commit to build where the recorded figures do not fit: the one that wrote them, or HEAD's parent."""
    wrote = (_git_or_none("log", "-1", "--format=%H", "--", RECORD) or "").strip()
    head = (_git_or_none("rev-parse", "HEAD") or "").strip()
    edited = _git_or_none("diff", "--quiet", "HEAD", "--", "rust", "Cargo.toml", "Cargo.lock") is None
    if wrote and (wrote != head or edited):
        return wrote
    return (_git_or_none("rev-parse", "--verify", "--quiet", "HEAD^") or "").strip() or None


# ------------------------------------------------------------------------------------------------ the command


def check(counted: Figures, here: dict[str, str], recorded: Record) -> list[str]:
    """What is wrong, a line each."""
    previous = previous_record()
    faults = undeclared(previous, recorded) if previous else []
    reference, source = recorded.kernels, "the recorded figures"
    if recorded.environment != here:
        base = base_commit()
        if base is None:
            print("note: the figures are of another environment, and this clone has no older commit to count")
            return faults
        try:
            with checked_out(base) as tree:
                reference, source = count_all(build(tree)), f"{base[:9]}, counted here"
        except CannotCountError as error:
            print(f"note: {base[:9]} cannot be counted, so there is nothing to compare with ({error})")
            return faults
        old = Record.parse(_git_or_none("show", f"{base}:{RECORD}") or Record().text())
        excused = {entry["kernel"] for entry in recorded.declared if entry not in old.declared}
        reference = {name: figure for name, figure in reference.items() if name not in excused}
    print(f"instructions against {source}:")
    print("\n".join(table(reference, counted)))
    for name, rise in dearer(reference, counted).items():
        faults.append(f"{name} takes {rise:.1%} more instructions; the bound is {BOUND:.0%}")
    if any(count < reference.get(name, count) * (1 - BOUND) for name, count in counted.items()):
        print("note: a kernel became cheaper: hold it with  just instructions --write")
    return faults


def main() -> int:
    parser = argparse.ArgumentParser(prog="just instructions", description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--write", action="store_true", help="record the figures counted now")
    parser.add_argument("--reason", help="why kernels became dearer or were removed (with --write)")
    parser.add_argument("--kernel", help="count only this one, and compare with nothing")
    options = parser.parse_args()
    if shutil.which("valgrind") is None:
        print("note: valgrind is missing (Debian: apt install valgrind): instructions are not counted")
        return 0
    path, here = ROOT / RECORD, environment()
    counted = count_all(build(ROOT), options.kernel)
    if options.kernel:
        print("\n".join(table({}, counted)))
        return 0 if counted else 2
    recorded = Record.parse(path.read_text()) if path.exists() else Record()
    if options.write:
        try:
            after = rewritten(recorded, here, counted, options.reason)
        except ValueError as error:
            print(f"error: {error}", file=sys.stderr)
            return 1
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(after.text())
        print(f"{RECORD} written:", *table(recorded.kernels, counted), sep="\n")
        return 0
    faults = check(counted, here, recorded)
    for fault in faults:
        print(
            f"error: {fault}: make it cheaper, or declare it with  just instructions --write --reason TEXT",
            file=sys.stderr,
        )
    return 1 if faults else 0


def _said(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def _git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=True).stdout


def _git_or_none(*arguments: str) -> str | None:
    try:
        return _git(*arguments)
    except subprocess.CalledProcessError:
        return None


if __name__ == "__main__":
    sys.exit(main())
