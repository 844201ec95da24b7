"""The ``contest`` fixture, the sizes that run, one thread for everyone.

Libraries read their thread variables when they are imported (polars would silently use all cores): this file runs
before any benchmark imports them.
"""

import os
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

THREADS = (
    "ARROW_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMBA_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "POLARS_MAX_THREADS",
    "RAYON_NUM_THREADS",
)
for variable in THREADS:
    os.environ[variable] = "1"
if early := {"duckdb", "numba", "polars", "pyarrow"} & sys.modules.keys():
    raise pytest.UsageError(f"{', '.join(sorted(early))} was imported before its threads could be pinned to one")

from bench.contest import Race  # noqa: E402

from bench import record, table  # noqa: E402 - the variables come first

CONTESTS, ALONE = pytest.StashKey[list[record.Row]](), pytest.StashKey[list[record.Row]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("contest")
    group.addoption("--sizes-max", type=int, default=1_000_000, help="leave out contests over more elements than this")
    group.addoption("--budget-s", type=float, default=3.0, help="about how long the rounds of one race may take")
    group.addoption("--total-s", type=float, default=2_400.0, help="begin no race after this time; it is then skipped")
    group.addoption("--record", action="store_true", help="write bench/results and the tables of docs/benchmarks.md")


def pytest_configure(config: pytest.Config) -> None:
    config.stash[CONTESTS], config.stash[ALONE] = [], []


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    largest = config.getoption("--sizes-max")
    chosen = [item for item in items if _size(item) <= largest]
    if len(chosen) < len(items):
        config.hook.pytest_deselected(items=[item for item in items if _size(item) > largest])
        items[:] = chosen


def _size(item: pytest.Item) -> int:
    call = getattr(item, "callspec", None)
    return int(call.params.get("size", 0)) if call else 0


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> None:
    """What has no variable is told; what is missing needs nothing."""
    try:
        import pyarrow as pa
    except ModuleNotFoundError:
        pass
    else:
        pa.set_cpu_count(1)
    try:
        import duckdb
    except ModuleNotFoundError:
        pass
    else:
        duckdb.execute("SET threads TO 1")


@pytest.fixture(scope="session")
def closing_s(request: pytest.FixtureRequest) -> float:
    """Monotonic time after which no race begins."""
    return time.monotonic() + float(request.config.getoption("--total-s"))


@pytest.fixture(autouse=True)
def recorded(request: pytest.FixtureRequest) -> Iterator[None]:
    """Keep what a race, or a benchmark without rivals, found."""
    benchmark = request.getfixturevalue("benchmark") if "benchmark" in request.fixturenames else None
    yield
    if benchmark is None or benchmark.has_error or not benchmark.stats:
        return
    if race := benchmark.extra_info.get("contest"):
        if race["rounds"]:
            request.config.stash[CONTESTS].append(race)
    else:
        stats = benchmark.stats.stats
        figures = {"median_ms": stats.median * 1e3, "min_ms": stats.min * 1e3, "rounds": stats.rounds}
        row = {"name": request.node.name, "group": benchmark.group, **figures, "extra": dict(benchmark.extra_info)}
        request.config.stash[ALONE].append(row)


@pytest.fixture
def contest(benchmark: Any, request: pytest.FixtureRequest, closing_s: float) -> Callable[..., Race]:
    """``contest(kernel, size=..., unit=...)``: a new race, see bench/contest.py."""
    if time.monotonic() > closing_s:
        pytest.skip("the time of --total-s is up")
    budget_s = request.config.getoption("--budget-s")

    def new(kernel: str, *, size: int, unit: str, rtol: float = 1e-9) -> Race:
        benchmark.group = f"{kernel}, {size:,}"
        return Race(kernel, size=size, unit=unit, benchmark=benchmark, budget_s=budget_s, rtol=rtol)

    return new


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    contests, alone = config.stash[CONTESTS], config.stash[ALONE]
    for line in table.plain(contests, alone):
        terminalreporter.write_line(line)
    if config.getoption("--record") and (contests or alone):
        path = record.write(contests, alone)
        table.update_docs(path)
        terminalreporter.write_line(f"recorded in {path.relative_to(config.rootpath)}; docs/benchmarks.md is rewritten")
