"""Every line for people has a code that alerts and reports can go by, written where the line is."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import alphatrader
from alphatrader.engine.commands import Notify

PACKAGE = Path(alphatrader.__file__).parent
CODE = re.compile(r"[a-z][a-z-]*\.[a-z_]+")
COMPUTED = {'f"state.{new.value.lower()}"'}
"""Codes that are put together; each of a closed set of words."""


def notices() -> Iterator[tuple[str, ast.Call]]:
    """Every ``Notify(...)`` of the package, with its place."""
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Notify":
                yield f"{path.relative_to(PACKAGE)}:{node.lineno}", node


def code_of(call: ast.Call) -> ast.expr:
    named = [keyword.value for keyword in call.keywords if keyword.arg == "code"]
    return named[0] if named else call.args[1]


FOUND = list(notices())


def test_there_are_notices() -> None:
    assert len(FOUND) > 40


@pytest.mark.parametrize(("place", "call"), FOUND, ids=[place for place, _ in FOUND])
def test_a_notice_has_a_stable_code(place: str, call: ast.Call) -> None:
    code = code_of(call)
    if isinstance(code, ast.Constant):
        assert CODE.fullmatch(str(code.value)), f"{place}: {code.value!r} is not topic.what"
    else:
        assert ast.unparse(code).replace("'", '"') in COMPUTED, f"{place}: {ast.unparse(code)} can be anything"


def test_a_code_means_one_thing() -> None:
    """The same code at two levels would be two alerts."""
    levels: dict[str, set[str]] = {}
    for _, call in FOUND:
        code, level = code_of(call), call.args[0]
        if isinstance(code, ast.Constant) and isinstance(level, ast.Constant):
            levels.setdefault(str(code.value), set()).add(str(level.value))
    assert {code: found for code, found in levels.items() if len(found) > 1} == {}


def test_the_topic_is_the_part_before_the_dot() -> None:
    assert Notify("info", "journal.restored", "text").topic == "journal"
