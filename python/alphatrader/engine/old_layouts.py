"""Event logs of earlier builds: their settings and events, brought to the layout of this one.

Layout 1 had one strategy, ``zero_dte``, as a section of its own, and trades without exit plans. Layouts newer than this
build's are refused with the name of the build that can read them.
"""

from typing import Any

import msgspec
import pydantic

from alphatrader.domain import events as ev
from alphatrader.domain.errors import ConfigError, DataError
from alphatrader.domain.old_layouts import upgrade_restored
from alphatrader.engine.settings import EngineSettings

_RENAMED = {"max_strikes_from_spot": "strikes_each_side"}


def recorded_settings(run: ev.RunStarted) -> EngineSettings:
    """Return the settings with which a recorded run decided. Raises DataError."""
    if run.layout > ev.LAYOUT:
        raise DataError(
            f"the event log was written by build {run.build} with layout {run.layout}, this one knows {ev.LAYOUT}: "
            "replay it with that build"
        )
    try:
        values = msgspec.json.decode(run.settings, type=dict[str, Any])
        return EngineSettings.model_validate(_with_strategies(values) if run.layout < 2 else values)
    except (msgspec.MsgspecError, pydantic.ValidationError, ConfigError) as error:
        first = str(error).splitlines()[0]
        raise DataError(
            f"the settings of the recorded run cannot be read ({first}): replay it with its build, {run.build}"
        ) from error


def recorded_event(payload: bytes, run: ev.RunStarted | None) -> ev.ControlEvent:
    """Decode an event of a log; ``run`` is its first event, None while that is still to come. Raises DataError."""
    try:
        # The encoder writes an event's type first; the body of a chain is not searched for it.
        if run is not None and run.layout < 2 and payload.startswith(b'{"type":"JournalRestored"'):
            event = msgspec.json.decode(payload, type=dict[str, Any])
            bounds = run.session_open_ns, run.session_close_ns
            event["restored"] = upgrade_restored(event["restored"], *bounds)
            payload = msgspec.json.encode(event)
        return ev.decode_event(payload)
    except msgspec.MsgspecError as error:
        build = run.build if run is not None else "the one that wrote it"
        raise DataError(f"an event of the log cannot be read ({error}): replay it with its build, {build}") from error


def _with_strategies(values: dict[str, Any]) -> dict[str, Any]:
    block = {_RENAMED.get(name, name): value for name, value in values.pop("zero_dte", {}).items()}
    block["mode"] = "on" if block.pop("enabled", True) else "off"
    return {**values, "strategies": {"zero_dte": block}}
