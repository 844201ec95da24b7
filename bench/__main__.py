"""``python -m bench``: run the benchmarks.

Positional words choose by name: ``python -m bench vpin occ`` runs what has one of them in its file's or test's name.
"""

import argparse
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent


def main() -> int:
    """Run pytest over this folder with what the words and flags ask for; its exit status."""
    parser = argparse.ArgumentParser(prog="just bench", description="Our kernels against their peers, in one run.")
    parser.add_argument("names", nargs="*", help="only benchmarks with one of these words in their name")
    parser.add_argument("--quick", action="store_true", help="up to 100,000 elements, shown only: under five minutes")
    parser.add_argument("--no-record", action="store_true", help="show only: neither bench/results nor the document")
    parser.add_argument("--check", action="store_true", help="compare the answers at the smallest size; time nothing")
    chosen, further = parser.parse_known_args()
    arguments = [str(HERE), "--benchmark-quiet", "-o", "timeout=900", "-q", "-rfE"]
    arguments.append("--continue-on-collection-errors")  # one broken benchmark must not hide the others
    if chosen.check:
        arguments += ["--benchmark-disable", "--sizes-max=10000"]
    elif chosen.quick:
        arguments += ["--benchmark-only", "--sizes-max=100000", "--budget-s=0.7", "--total-s=280"]
    else:
        arguments += ["--benchmark-only", "--sizes-max=10000000", "--budget-s=3", "--total-s=2300"]
    if not (chosen.check or chosen.quick or chosen.no_record):
        arguments.append("--record")
    if chosen.names:
        arguments += ["-k", " or ".join(chosen.names)]
    return pytest.main([*arguments, *further])


if __name__ == "__main__":
    sys.exit(main())
