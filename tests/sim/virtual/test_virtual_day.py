"""A whole regular session in virtual time: nothing piles up, however long it runs."""

import gc
import logging
from pathlib import Path

import pytest
import structlog
from bench.full_day import STEP_S, Day, resident_mb

from alphatrader.sim.settings import SimSettings
from alphatrader.sim.virtual import virtual_simulator

GROWTH_MB = 25.0
"""What five more hours may add: executions and orders of the day are kept, a few MB, streams must leave nothing."""


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_memory_is_flat_over_a_whole_session(tmp_path: Path) -> None:
    logging.getLogger("ib_insync").setLevel(logging.CRITICAL)
    settings = SimSettings(state_dir=tmp_path, session_date="2026-11-16", start_fraction=0.0, speed=300)
    with (
        structlog.testing.capture_logs(),
        virtual_simulator(settings, libraries=("ib_insync",), step_s=STEP_S) as virtual,
    ):
        day = Day(virtual.simulator, 40, "SPY")
        virtual.run(day.begin())
        sizes_mb: list[float] = []
        for _ in range(6):
            assert virtual.run(day.hour()) > 10_000
            gc.collect()
            sizes_mb.append(resident_mb())
        account = virtual.simulator.gateway.exchange.account
        executions = len(virtual.simulator.gateway.exchange.executions)
    assert sizes_mb[-1] - sizes_mb[0] < GROWTH_MB, sizes_mb
    assert executions >= 300
    assert sum(abs(position.quantity) for position in account.positions.values()) <= 10
