"""Every key of an earlier configuration gets exactly one line, which names what to write instead."""

import pytest
import yaml

from alphatrader.domain.errors import ConfigError
from alphatrader.ops.config import parse_config
from alphatrader.ops.moved_keys import MOVED_KEYS, MovedKey, take_moved


def tree_with(path: str, value: object) -> dict[str, object]:
    """A tree of sections that holds one key."""
    head, _, rest = path.partition(".")
    return {head: tree_with(rest, value) if rest else value}


@pytest.mark.parametrize("moved", MOVED_KEYS, ids=lambda moved: moved.old)
@pytest.mark.parametrize("value", [1, {"enabled": True, "max_hold_s": 60}], ids=["value", "section"])
def test_an_old_key_gets_one_line_that_says_what_to_do(moved: MovedKey, value: object) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_config(yaml.safe_dump(tree_with(moved.old, value)), {}, source="x.yaml")
    (line,) = str(caught.value).splitlines()
    assert line.startswith(f"x.yaml: the key '{moved.old}' ")
    assert f"write '{moved.new}'" in line if moved.new else f"is gone ({moved.note}): remove it" in line


@pytest.mark.parametrize("moved", [moved for moved in MOVED_KEYS if moved.new], ids=lambda moved: moved.new)
def test_where_it_has_moved_to_there_is_such_a_key(moved: MovedKey) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_config(yaml.safe_dump(tree_with(moved.new, [{}])), {}, source="x.yaml")
    assert "unknown key" not in str(caught.value)
    assert moved.new in str(caught.value)


def test_what_is_gone_is_explained() -> None:
    assert all(moved.note for moved in MOVED_KEYS if not moved.new)


def test_several_are_told_together_with_other_faults() -> None:
    text = "gateway: {decoder: rust, link: {dept: true}}\nredis: {embedded: true}\nengine: {zero_dte: {min_score: 9}}"
    with pytest.raises(ConfigError) as caught:
        parse_config(text, {})
    lines = str(caught.value).splitlines()
    assert len(lines) == 4
    assert sum("did you mean 'gateway.link.depth'" in line for line in lines) == 1


def test_other_trees_are_left_as_they_are() -> None:
    for content in ({}, {"gateway": None}, {"gateway": {"link": {"decoder": "rust"}}}, {"gateway": "decoder"}, []):
        before = repr(content)
        assert take_moved(content) == []
        assert repr(content) == before
