"""Every step of the table with every client, unmodified, over real sockets."""

from pathlib import Path

import pytest

from tests.conformance.bench import running
from tests.conformance.clients import CLIENTS, Process
from tests.conformance.sections import load_steps
from tests.conformance.table import STEPS, Step

load_steps()


def cases():
    for row in STEPS:
        for client in CLIENTS:
            for number, behaviours in enumerate(row.behaviours):
                suffix = f"-{number}" if len(row.behaviours) > 1 else ""
                marks = [pytest.mark.slow] if row.slow else []
                name = f"{row.key}-{client.split()[0]}{'-9.81' if '9.81' in client else ''}{suffix}"
                yield pytest.param(row, client, behaviours, id=name, marks=marks)


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize(("step", "client", "behaviours"), list(cases()))
async def test_step(
    step: Step,
    client: str,
    behaviours: dict,
    processes: dict[str, Process],
    tmp_path: Path,
    record_property,
):
    record_property("cell", [step.section, step.title, client])
    if step.absence(client):
        pytest.skip(f"{client} does not offer it: {step.absence(client)}")
    process = processes.get(client) or Process(client)
    if process.missing():
        pytest.skip(process.missing())
    if client not in processes:
        await process.start()
        processes[client] = process
    async with running(step, process, tmp_path, dict(behaviours)) as bench:
        await step.run(bench)
