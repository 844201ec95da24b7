"""The document of all faults, written from their kinds."""

import inspect
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import msgspec
import yaml

from alphatrader.sim.behaviours import Evidence
from alphatrader.sim.behaviours.document import MEANINGS
from alphatrader.sim.control.requests import AnyRequest
from alphatrader.sim.faults import kinds
from alphatrader.sim.faults.kinds import executions, farms, link, orders, services, streams, traffic, wire
from alphatrader.sim.faults.timeline import SCENARIO_DIRECTORIES
from alphatrader.sim.generated_document import cell

AREAS = {
    "Link and login": link,
    "Farms and competing sessions": farms,
    "Market data": streams,
    "Orders": orders,
    "Executions": executions,
    "Requests and messages": traffic,
    "Bytes": wire,
    "Services": services,
}
_HEAD = """# Faults of the simulated gateway

Written from the code by `python -m alphatrader.sim.faults`; do not edit. {count} kinds, each for the control channel
(`{{"op": "fault", "kind": "drop_link", "refuse_for_s": 5}}`), for scenario files (`fault: {{kind: drop_link,
refuse_for_s: 5}}`) and for Python (`simulator.apply_fault(kinds.DropLink(refuse_for_s=5))`). Times are wall seconds; a
field that isn't known is refused. `clear` ends all of them. What chance decides is drawn from the run's seed.

Evidence that real gateways do it: {marks}.
"""

_SHARED: dict[type[kinds.Fault], str] = {kinds.OrderChoice: "*which orders*", kinds.ContractChoice: "*which contracts*"}

_SCENARIO_HEAD = """
## Scenarios

A scenario is a YAML list of steps, or `{parameters: {...}, steps: [...]}`; the command line takes a file or a name of
those below (`--scenario nightly_reset`), the control channel too. A step says when by one of `at_s` (wall seconds
after the first client, or after the scenario was called for), `at` (`"15:59:30"`, New York) and `after_open_s`;
`every_s` and `times` repeat it, `each_session: true` runs it on every day. It says what by one of `fault`, `include`
(a scenario, with `parameters`) and `random` (`per_minute`, `for_s`, `faults`). `$name` stands for a parameter.

| scenario | parameters | what it is, and what it shows |
|---|---|---|
"""
_CONTROL_HEAD = """
## Control channel

JSON lines on loopback, one answer a line: `"ok": true` with what was asked for, or `"ok": false` with one line in
`"error"`. `alphatrader.sim.control.client` has `ControlClient`, which blocks, and `AsyncControlClient`, each with a
method for every op.

| op | fields | what it does |
|---|---|---|
| `fault` | `kind` and its fields | Inject a fault. |
"""


def tag_of(kind: type[msgspec.Struct]) -> str:
    """Return the name of a kind in JSON and YAML."""
    return str(kind.__struct_config__.tag)


def kinds_of(module: Any) -> list[type[kinds.Fault]]:
    """Return the kinds that a module defines, in its order."""
    every = get_args(kinds.AnyFault)
    return [member for member in vars(module).values() if member in every and member.__module__ == module.__name__]


def fault_document() -> str:
    """Return the document."""
    marks = ", ".join(f"[{mark.value}] {MEANINGS[mark]}" for mark in Evidence)
    parts = [_HEAD.format(count=len(get_args(kinds.AnyFault)), marks=marks)]
    for base, name in _SHARED.items():
        fields = ", ".join(_field(base, field) for field in msgspec.structs.fields(base))
        words = " ".join((inspect.getdoc(base) or "").replace("``", "`").split())
        parts.append(f"\n{name.capitalize()} means {fields}. {words}\n")
    for title, module in AREAS.items():
        parts.append(f"\n## {title}\n\n| kind | fields | effect | evidence | how it shows |\n|---|---|---|---|---|\n")
        parts += [_row(kind) for kind in kinds_of(module)]
    return "".join([*parts, _scenarios(), _operations()])


def _scenarios() -> str:
    rows = [_SCENARIO_HEAD]
    for path in sorted(SCENARIO_DIRECTORIES[-1].glob("*.yaml")):
        text = path.read_text(encoding="utf-8")
        comment = [line[2:] for line in text.splitlines() if line.startswith("# ")]
        raw = yaml.safe_load(text)
        parameters = raw.get("parameters", {}) if isinstance(raw, dict) else {}
        shown = ", ".join(f"`{name}` = {value}" for name, value in parameters.items())
        rows.append("| " + " | ".join(map(cell, (f"`{path.stem}`", shown, " ".join(comment)))) + " |\n")
    return "".join(rows)


def _operations() -> str:
    rows = [_CONTROL_HEAD]
    for request in get_args(AnyRequest):
        fields = ", ".join(_field(request, field) for field in msgspec.structs.fields(request))
        words = (inspect.getdoc(request) or "").replace("``", "`")
        rows.append("| " + " | ".join(map(cell, (f"`{tag_of(request)}`", fields, words))) + " |\n")
    return "".join(rows)


def _row(kind: type[kinds.Fault]) -> str:
    shared = next((base for base in _SHARED if issubclass(kind, base)), None)
    left_out = shared.__struct_fields__ if shared is not None else ()
    own = [_field(kind, field) for field in msgspec.structs.fields(kind) if field.name not in left_out]
    fields = "; ".join([*own, *([_SHARED[shared]] if shared is not None else [])]) or "none"
    effect = (inspect.getdoc(kind) or "").replace("``", "`")
    cells = (f"`{tag_of(kind)}`", fields, effect, f"[{kind.evidence.value}]", kind.observed)
    return "| " + " | ".join(map(cell, cells)) + " |\n"


def _field(kind: type[msgspec.Struct], field: msgspec.structs.FieldInfo) -> str:
    shown = _type_name(get_type_hints(kind)[field.name])
    has_default = field.default is not msgspec.NODEFAULT
    default = f" = {_default(field.default)}" if has_default else ""
    return f"`{field.name}`: {shown}{default}"


def _default(value: object) -> str:
    if value is None:
        return "none"
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else str(value) or '""'


def _type_name(hint: Any) -> str:
    if get_origin(hint) is Literal:
        return " / ".join(str(value) for value in get_args(hint))
    if get_origin(hint) in {Union, type(int | None)}:
        return " / ".join(_type_name(part) for part in get_args(hint) if part is not type(None))
    return {"float": "number", "int": "whole number", "str": "text", "bool": "true / false", "Decimal": "price"}.get(
        hint.__name__, str(hint.__name__)
    )
