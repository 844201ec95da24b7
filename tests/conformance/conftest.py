"""Fixtures of the conformance run, and the matrix that it writes."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from tests.conformance import matrix
from tests.conformance.clients import Process

pytest.register_assert_rewrite("tests.conformance.sections", "tests.conformance.bench")


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def processes() -> AsyncIterator[dict[str, Process]]:
    """The drivers, each started when it is first needed."""
    started: dict[str, Process] = {}
    yield started
    for process in started.values():
        await process.stop()


def pytest_runtest_logreport(report: Any) -> None:
    """Remember how a step went."""
    matrix.remember(report)


def pytest_sessionfinish(session: Any) -> None:
    """Write the matrix, in the process that saw all reports."""
    if not hasattr(session.config, "workerinput"):
        matrix.write_what_was_seen()
