"""The ``contest`` fixture, the sizes that run, one thread for everyone.

Libraries read their thread variables when they are imported (polars would silently use all cores): this file runs
before any benchmark imports them.
"""

import os
import sys
from collections.abc import Callable
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

from bench.contest import Race  # noqa: E402 - the variables come first


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("contest")
    group.addoption("--sizes-max", type=int, default=1_000_000, help="leave out contests over more elements than this")
    group.addoption("--budget-s", type=float, default=3.0, help="about how long the rounds of one race may take")


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


@pytest.fixture
def contest(benchmark: Any, request: pytest.FixtureRequest) -> Callable[..., Race]:
    """``contest(kernel, size=..., unit=...)``: a new race, see bench/contest.py."""
    budget_s = request.config.getoption("--budget-s")

    def new(kernel: str, *, size: int, unit: str, rtol: float = 1e-9) -> Race:
        benchmark.group = f"{kernel}, {size:,}"
        return Race(kernel, size=size, unit=unit, benchmark=benchmark, budget_s=budget_s, rtol=rtol)

    return new
