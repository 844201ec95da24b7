"""The list of all faults: complete, documented as the code says, carried out, and shown by at least one test each."""

import re
from pathlib import Path
from typing import get_args

import pytest

from alphatrader.sim.behaviours import Evidence
from alphatrader.sim.faults import kinds
from alphatrader.sim.faults.document import AREAS, fault_document, kinds_of, tag_of
from alphatrader.sim.faults.texts import text_for
from alphatrader.sim.faults.timeline import RandomFaults, Timeline, find_scenario, load_timeline

KINDS = get_args(kinds.AnyFault)
TESTS = {path: path.read_text() for path in Path("tests").rglob("*.py") if path.name != Path(__file__).name}


def test_the_document_is_what_the_code_says():
    assert Path("docs/simulator-faults.md").read_text() == fault_document(), "run python -m alphatrader.sim.faults"


def test_every_kind_has_its_place_in_the_document():
    listed = [kind for module in AREAS.values() for kind in kinds_of(module)]
    assert sorted(map(tag_of, listed)) == sorted(map(tag_of, KINDS))


@pytest.mark.parametrize("kind", KINDS, ids=tag_of)
def test_every_kind_is_described_and_shown_by_a_test(kind):
    assert isinstance(kind.evidence, Evidence)
    assert kind.observed
    assert kind.__doc__
    words = re.compile(rf'"{tag_of(kind)}"|kinds\.{kind.__name__}\b')
    assert [path for path, text in TESTS.items() if words.search(text)], f"no test injects {tag_of(kind)}"


async def test_every_kind_is_carried_out(bench):
    assert set(bench.sim._faults._effects) == set(KINDS)


def test_chaos_draws_from_most_kinds():
    def drawn(timeline):
        for step in timeline.steps:
            if isinstance(step.action, Timeline):
                yield from drawn(step.action)
            elif isinstance(step.action, RandomFaults):
                yield from map(type, step.action.faults)

    struck = set(drawn(load_timeline(find_scenario("chaos"))))
    assert len(struck) > len(KINDS) / 3
    assert kinds.LoggedOut not in struck, "chaos must not need a human"


def test_the_codes_of_the_catalogue_come_in_the_brokers_own_words():
    catalogue = (
        *(100, 101, 103, 104, 105, 107, 109, 110, 111, 125, 135, 161, 162, 163, 200, 201, 202, 300, 309, 310, 316, 317),
        *(321, 322, 329, 354, 366, 382, 383, 387, 399, 404, 434, 451, 460, 1100, 1101, 1102, 2109, 2110, 2152),
        *(10006, 10089, 10090, 10091, 10092, 10147, 10148, 10149, 10167, 10168, 10187, 10190, 10197, 10268, 10349),
    )
    for code in catalogue:
        assert not text_for(code).startswith("SIMULATED"), code
    assert text_for(999_999) == "SIMULATED message 999999"
    assert text_for(201, "mine") == "mine"
