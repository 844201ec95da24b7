"""The document of all behaviours, written from their table."""

from collections.abc import Iterable

from alphatrader.sim.behaviours import AREAS, TABLE
from alphatrader.sim.behaviours.model import Behaviour, Evidence, Value
from alphatrader.sim.generated_document import cell

MEANINGS = {
    Evidence.PROVEN: "seen with unmodified clients against a prototype",
    Evidence.SOURCE: "read in a client's source",
    Evidence.LIVE: "captured from a live paper gateway",
    Evidence.DOCUMENTED: "in the broker's documentation",
    Evidence.ISSUE: "reported in a public issue",
    Evidence.MEMORY: "from memory",
}
_HEAD = """# Behaviours of the simulated gateway

Written from the code by `python -m alphatrader.sim.behaviours`; do not edit. Each row is a claim about real gateways
that the simulated one shows, with how it is known. What is known from memory alone [M] can be switched, and what relies
on it is tested both ways: `--behaviour NAME=VALUE` of `python -m alphatrader.sim`, `behaviours=` of `SimSettings`. The
first choice is the default. {count} behaviours, {switchable} of them with a choice.

| mark | meaning | behaviours |
|---|---|---|
"""


def behaviour_document() -> str:
    """Return the document."""
    rows = list(TABLE.values())
    switchable = sum(len(row.choices) > 1 for row in rows)
    parts = [_HEAD.format(count=len(rows), switchable=switchable)]
    for mark, meaning in MEANINGS.items():
        parts.append(f"| [{mark.value}] | {meaning} | {sum(row.evidence is mark for row in rows)} |\n")
    for title, area in AREAS.items():
        parts.append(f"\n## {title}\n\n| name | what the gateway does | evidence | choices |\n|---|---|---|---|\n")
        parts += [_row(behaviour) for behaviour in area]
    return "".join(parts)


def _row(behaviour: Behaviour) -> str:
    source = f" ({behaviour.source})" if behaviour.source else ""
    evidence = f"[{behaviour.evidence.value}]{source}"
    cells = (f"`{behaviour.name}`", behaviour.summary, evidence, _choices(behaviour.choices))
    return "| " + " | ".join(map(cell, cells)) + " |\n"


def _choices(choices: Iterable[Value]) -> str:
    words = [str(choice).lower() if isinstance(choice, bool) else str(choice) for choice in choices]
    return ", ".join(words) if len(words) > 1 else "" if words == ["true"] else words[0]
