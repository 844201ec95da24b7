"""Install the packages of a lock file one by one, for machines on which some peers have no wheel.

``python -m bench.peers LOCK -- COMMAND...``: COMMAND is run with a file that holds one locked package after it.
"""

import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path


def packages(lock: str) -> Iterator[tuple[str, str]]:
    """Yield (name, its lines with the hashes) of each package of a hashed lock file."""
    lines: list[str] = []
    for line in lock.splitlines():
        if line and not line[0].isspace() and not line.startswith("#"):
            if lines:
                yield _name(lines[0]), "\n".join(lines) + "\n"
            lines = [line]
        elif lines and line.strip():
            lines.append(line)
    if lines:
        yield _name(lines[0]), "\n".join(lines) + "\n"


def install(lock: str, command: Sequence[str]) -> list[str]:
    """Run ``command`` for each package; return those that could not be installed."""
    absent = []
    with tempfile.TemporaryDirectory() as directory:
        one = Path(directory) / "package.txt"
        for name, lines in packages(lock):
            one.write_text(lines)
            done = subprocess.run((*command, str(one)), capture_output=True, text=True, check=False)
            if done.returncode:
                absent.append(name)
    return absent


def _name(line: str) -> str:
    return line.partition("==")[0].strip()


def main(arguments: Sequence[str]) -> int:
    """Install what can be; name the rest. 1 if nothing could be installed."""
    path, separator, *command = arguments
    if separator != "--" or not command:
        print("usage: python -m bench.peers LOCK -- COMMAND...", file=sys.stderr)
        return 2
    lock = Path(path).read_text()
    absent = install(lock, command)
    if absent:
        print(f"not installed here: {', '.join(absent)}", file=sys.stderr)
    return int(len(absent) == sum(1 for _ in packages(lock)))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
