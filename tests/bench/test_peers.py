"""Peers that can't be installed are named, and don't keep the others away."""

import sys
from pathlib import Path

from bench.peers import install, main, packages

LOCK = """\
first==1.0 \\
    --hash=sha256:aa \\
    --hash=sha256:ab
second==2.0 ; python_full_version < '3.12' \\
    --hash=sha256:bb
third==3.0 \\
    --hash=sha256:cc
"""

REFUSES_SECOND = (sys.executable, "-c", "import sys; sys.exit('second' in open(sys.argv[1]).read())")


def test_a_lock_is_split_into_its_packages():
    found = dict(packages("# a comment\n" + LOCK))
    assert list(found) == ["first", "second", "third"]
    assert "".join(found.values()) == LOCK


def test_the_lock_of_the_peers_is_read_whole():
    lock = (Path(__file__).parents[2] / "requirements-bench.lock").read_text()
    assert "".join(lines for _, lines in packages(lock)) == lock
    assert {"nautilus-trader", "numba", "polars", "hftbacktest"} <= {name for name, _ in packages(lock)}
    assert "http:" not in lock
    assert "https:" not in lock


def test_what_cannot_be_installed_is_named(tmp_path, capsys):
    assert install(LOCK, REFUSES_SECOND) == ["second"]
    lock = tmp_path / "lock"
    lock.write_text(LOCK)
    assert main([str(lock), "--", *REFUSES_SECOND]) == 0
    assert capsys.readouterr().err == "not installed here: second\n"
    assert main([str(lock), "--", sys.executable, "-c", "raise SystemExit(1)"]) == 1
