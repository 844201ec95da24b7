"""Orders through the encoders and decoders of the official clients, each in a process of its own."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
INSTALLED = ROOT / ".venv-conformance"


@pytest.mark.parametrize(("client", "version"), [("latest", 176), ("nautilus", 176), ("9-81", 157)])
def test_orders_survive_the_official_clients(client, version):
    path = INSTALLED / client
    if not (path / "ibapi").is_dir():
        pytest.skip(f"the official client {client} is not installed: run `just _conformance_clients`")
    program = Path(__file__).with_name("official_roundtrip.py")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(path), str(ROOT / "python")])}
    command = (sys.executable, str(program), str(version))
    run = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr[-2000:]
    found = json.loads(run.stdout.splitlines()[-1])
    assert found["compared"] == 200
    assert found["fields"] > 50
    assert found["different"] == {}
