"""The client's side of one request: how it is written, and how its answer is read."""

from pathlib import Path
from typing import Any, TypeVar

import msgspec

from alphatrader.domain.errors import ConfigError, LinkError
from alphatrader.sim.control.requests import ControlRequest
from alphatrader.sim.faults.kinds import Fault

_T = TypeVar("_T")


class RefusedError(ConfigError):
    """The simulator refused a request; its own line says why."""


def written(request: ControlRequest | dict[str, Any]) -> bytes:
    """Write a request as a line."""
    return msgspec.json.encode(request) + b"\n"


def fault_request(fault: Fault | str, fields: dict[str, Any]) -> dict[str, Any]:
    """Write a fault: a value of :mod:`alphatrader.sim.faults.kinds`, or the name of a kind and its fields."""
    if isinstance(fault, str):
        return {"op": "fault", "kind": fault, **fields}
    if fields:
        raise ConfigError("a fault that is a value takes no further fields")
    return {"op": "fault", **msgspec.to_builtins(fault)}


def read(line: bytes, kind: type[_T]) -> _T:
    """Read an answer. Raises RefusedError, and LinkError where the connection ended."""
    if not line.endswith(b"\n"):
        raise LinkError("the SIMULATED gateway's control channel closed the connection")
    answer = msgspec.json.decode(line)
    if answer.pop("ok") is not True:
        raise RefusedError(str(answer["error"]))
    return msgspec.convert(answer, kind, strict=False)


def announced_port(state_dir: Path) -> int:
    """Return the control port that a running simulator announces in ``sim.json``. Raises LinkError."""
    try:
        announcement = msgspec.json.decode((state_dir / "sim.json").read_bytes())
    except (OSError, msgspec.DecodeError) as error:
        raise LinkError(f"no simulator runs on {state_dir} ({error}); start one with alphatrader sim") from error
    return int(announcement["control_port"])
