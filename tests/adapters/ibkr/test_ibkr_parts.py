"""Parts without a socket: framing, numbers, settings."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from tests.adapters.ibkr.scripted_gateway import frame

from alphatrader.adapters.ibkr import numbers
from alphatrader.adapters.ibkr.frames import MAX_FRAME_BYTES, FrameReader
from alphatrader.adapters.ibkr.library import load_library
from alphatrader.adapters.ibkr.settings import IbkrSettings
from alphatrader.domain.errors import ConfigError, DataError

FIELDS = st.lists(st.text(st.characters(codec="ascii", exclude_characters="\0"), max_size=20), min_size=1, max_size=5)


@given(st.lists(FIELDS, max_size=6), st.integers(1, 7))
def test_frames_survive_any_cut(messages: list[list[str]], step: int) -> None:
    stream = b"".join(frame(*message) for message in messages)
    reader = FrameReader()
    found = []
    for start in range(0, len(stream), step):
        found += reader.feed(stream[start : start + step])
    assert found == messages


@pytest.mark.parametrize("length", [0, MAX_FRAME_BYTES + 1, 2**32 - 1])
def test_impossible_frames(length: int) -> None:
    with pytest.raises(DataError, match=str(length)):
        FrameReader().feed(length.to_bytes(4, "big") + b"x")


@given(st.decimals(min_value="0.01", max_value="9999", places=4))
def test_prices_keep_their_digits(text: Decimal) -> None:
    assert numbers.price(float(str(text))) == text


def test_unset_and_fractional_numbers() -> None:
    assert numbers.price(1.7976931348623157e308) == 0
    assert numbers.tick(0.0) == Decimal("0.01")
    assert numbers.tick(0.05) == Decimal("0.05")
    assert [numbers.whole(q) for q in (0.0, 0.2, -0.2, 1.6, 2.0, -3.0)] == [0, 1, -1, 2, 2, -3]
    assert numbers.on_grid(Decimal("1.25"), Decimal("0.05"))
    assert not numbers.on_grid(Decimal("1.26"), Decimal("0.05"))


def test_settings_refuse_what_cannot_work() -> None:
    with pytest.raises(ValidationError, match="cancel_reserve 10 leaves fewer than 9"):
        IbkrSettings(messages_per_second=18, cancel_reserve=10)
    assert IbkrSettings(messages_per_second=19, cancel_reserve=10).cancel_reserve == 10
    with pytest.raises(ValidationError):
        IbkrSettings(hostt="x")


def test_unknown_library() -> None:
    with pytest.raises(ConfigError, match="no_such_library"):
        load_library("no_such_library")
