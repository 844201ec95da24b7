"""Which version is announced to whom."""

import pytest

from alphatrader.sim.wire.errors import error_message
from alphatrader.sim.wire.fields import split_fields
from alphatrader.sim.wire.handshake import VersionError, negotiate


@pytest.mark.parametrize(
    ("offer", "version"),
    [
        (b"v157..176", 176),
        (b"v157..178", 176),
        (b"v100..203 +PACEAPI", 176),
        (b"v100..157", 157),
        (b"v157", 157),
        (b"v100..175", 157),
        (b"v176", 176),
    ],
)
def test_the_newest_common_version_is_announced(offer, version):
    assert negotiate(offer) == version


@pytest.mark.parametrize(
    "offer", [b"", b"v", b"v1..2..3", b"v177..180", b"v158..175", b"v100..156", b"v200..100", b"176"]
)
def test_versions_that_do_not_fit(offer):
    with pytest.raises(VersionError, match="version"):
        negotiate(offer)


def test_errors_have_their_json_from_166_on():
    assert split_fields(error_message(7, 201, "no", 176)[4:]) == ["4", "2", "7", "201", "no", ""]
    assert split_fields(error_message(7, 201, "no", 157)[4:]) == ["4", "2", "7", "201", "no"]


def test_error_texts_are_what_a_client_decodes_as_unicode_escape():
    text = "C:\\users \u20ac \xe9 \U0001f600"
    field = split_fields(error_message(7, 201, text, 157)[4:])[4]
    assert field.isascii()
    assert "\\U" not in field
    decoded = field.encode().decode("unicode-escape").encode("utf-16", "surrogatepass").decode("utf-16")
    assert decoded == text
