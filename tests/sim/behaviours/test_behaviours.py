"""The table of behaviours: every claim has its evidence; what is from memory alone is tested both ways."""

import re
from pathlib import Path

import pytest

from alphatrader.domain.errors import ConfigError
from alphatrader.sim.behaviours import AREAS, TABLE, Behaviour, Behaviours, Evidence
from alphatrader.sim.behaviours.document import MEANINGS, behaviour_document

CODE = "\n".join(
    path.read_text() for path in Path("python/alphatrader/sim").rglob("*.py") if "behaviours" not in path.parts
)
TESTS = [path.read_text() for path in Path("tests").rglob("*.py") if path.name != Path(__file__).name]
SWITCHABLE = [row for row in TABLE.values() if len(row.choices) > 1]
FROM_MEMORY = [row for row in TABLE.values() if row.evidence is Evidence.MEMORY]


def name_of(row):
    return row.name


def written(value):
    """How a value may be written in a test."""
    forms = {repr(value), f'"{value}"'} if isinstance(value, str) else {repr(value)}
    if isinstance(value, float) and value.is_integer():
        forms.add(str(int(value)))
    return forms


def test_the_document_is_what_the_table_says():
    text = Path("docs/simulator-behaviours.md").read_text()
    assert text == behaviour_document(), "run python -m alphatrader.sim.behaviours"
    assert set(MEANINGS) == set(Evidence)


def test_names_are_unique_over_all_areas():
    names = [row.name for rows in AREAS.values() for row in rows]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("row", SWITCHABLE, ids=name_of)
def test_what_can_be_chosen_is_read_by_the_code(row):
    assert len(set(map(repr, row.choices))) == len(row.choices)
    assert f'"{row.name}"' in CODE, f"nothing reads the behaviour {row.name}"


@pytest.mark.parametrize("row", FROM_MEMORY, ids=name_of)
def test_what_is_from_memory_has_choices_and_is_tested_with_each(row):
    assert len(row.choices) > 1, f"{row.name} is from memory: it must be switchable"
    using = [text for text in TESTS if re.search(rf"\b{row.name}\b", text)]
    assert using, f"no test names the behaviour {row.name}"
    for choice in row.choices:
        assert any(form in text for text in using for form in written(choice)), f"no test chooses {row.name} = {choice}"


def test_values_are_read_by_kind_and_default_to_the_first_choice():
    table = {
        "shown": Behaviour("shown", Evidence.MEMORY, "", (True, False)),
        "limit": Behaviour("limit", Evidence.MEMORY, "", (5, 3)),
        "word": Behaviour("word", Evidence.MEMORY, "", ("a", "b")),
    }
    usual, other = Behaviours(table), Behaviours(table, {"shown": False, "limit": 3, "word": "b"})
    assert (usual.on("shown"), usual.number("limit"), usual.text("word")) == (True, 5.0, "a")
    assert (other.on("shown"), other.number("limit"), other.text("word")) == (False, 3.0, "b")
    assert dict(other) == {"shown": False, "limit": 3, "word": "b"}
    with pytest.raises(ConfigError, match="no simulated behaviour is named 'x'"):
        Behaviours(table, {"x": 1})
    with pytest.raises(ConfigError, match="limit is one of 5, 3"):
        Behaviours(table, {"limit": 4})
    with pytest.raises(KeyError):
        usual["y"]
