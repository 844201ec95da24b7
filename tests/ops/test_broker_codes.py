import re
from pathlib import Path

import pytest

from alphatrader.ops.broker_codes import _TABLE, CODES, explain

NAMED_IN_THE_DESIGN = (
    100, 101, 103, 104, 105, 107, 109, 110, 111, 125, 135, 161, 162, 163, 200, 201, 202, 300, 309, 310, 316, 317, 321,
    322, 326, 329, 354, 366, 382, 383, 387, 399, 404, 434, 451, 460, 502, 504, 507, 1100, 1101, 1102, 2103, 2104, 2105,
    2106, 2107, 2108, 2109, 2110, 2119, 2152, 2157, 2158, 10006, 10089, 10090, 10091, 10092, 10147, 10148, 10149,
    10167, 10168, 10187, 10190, 10197, 10268, 10269, 10349,
)  # fmt: skip


@pytest.mark.parametrize("code", NAMED_IN_THE_DESIGN)
def test_every_code_the_adapter_may_meet_is_explained(code: int) -> None:
    known = explain(code)
    assert known is not None
    assert known.meaning.endswith(".")
    assert known.fix.endswith(".")


def test_no_code_appears_twice() -> None:
    assert len(CODES) == len(_TABLE)


def test_an_unknown_code_gives_none() -> None:
    assert explain(-5) is None


def test_every_code_that_the_adapter_names_is_explained() -> None:
    adapter = Path(__file__).parents[2] / "python" / "alphatrader" / "adapters" / "ibkr"
    text = "\n".join(path.read_text(encoding="utf-8") for path in adapter.glob("*.py"))
    named = {int(number) for number in re.findall(r"\bcode (?:==|in) .*?(\d{3,5})", text)}
    assert named <= set(CODES)
