"""Every request is read strictly: any fields are a request or a MalformedRequestError that names the field."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alphatrader.sim.wire.fields import MalformedRequestError
from alphatrader.sim.wire.handshake import SPOKEN
from alphatrader.sim.wire.readers import KNOWN_REQUESTS, read_request
from alphatrader.sim.wire.reference_requests import Unserved
from alphatrader.sim.wire.requests import Numbered

TEXTS = st.one_of(
    st.sampled_from(["", "0", "1", "7", "-1", "1.5", "BAG", "STK", "SPY", "1e999999999", "1e400", "nan", "Infinity"]),
    st.sampled_from(["2147483647", "1.7976931348623157E308", "9" * 60, "true", "\u0663", "1_000"]),
    st.text(max_size=6),
)
SPY = ["756733", "SPY", "STK", "", "0.0", "", "", "SMART", "", "USD", "SPY", "SPY"]


def read(*values, version=176):
    return read_request([str(value) for value in values], version)


@settings(max_examples=1500, deadline=None)
@given(st.sampled_from(sorted(KNOWN_REQUESTS)), st.sampled_from(SPOKEN), st.lists(TEXTS, max_size=130))
def test_any_fields_are_a_request_or_refused_by_name(message_id, version, values):
    try:
        request = read_request([str(message_id), *values], version)
    except MalformedRequestError as error:
        request = error
    assert request is not None
    assert not isinstance(request, MalformedRequestError) or "field" in str(request)


@pytest.mark.parametrize("message_id", sorted(KNOWN_REQUESTS - {3}))
def test_each_known_request_refuses_a_field_too_many(message_id):
    read_lengths = []
    for length in range(60):
        try:
            read_request([str(message_id), *["0"] * length], 176)
        except MalformedRequestError as error:
            if read_lengths:
                refusal = str(error)
                break
        else:
            read_lengths.append(length)
    # Calculations (54, 55) are written with and without a count of options.
    assert len(read_lengths) == (2 if message_id in {54, 55} else 1)
    assert "too many" in refusal


def test_every_request_of_the_clients_is_known():
    assert set(range(1, 105)) - KNOWN_REQUESTS <= {21, *range(26, 49), 60}


def test_an_unknown_id_is_no_request():
    assert read(999, 1) is None


def test_legs_follow_the_contract_of_a_combination():
    spread = ["0", "SPY", "BAG", *SPY[3:]]
    request = read(1, 11, 5, *spread, 2, 11, 1, "BUY", "SMART", 12, 1, "SELL", "SMART", 0, "100,233", 0, 0, "")
    assert [(leg.con_id, leg.action) for leg in request.contract.legs] == [(11, "BUY"), (12, "SELL")]
    assert request.generic_ticks == ("100", "233")
    history = read(20, 6, *spread, 0, "", "1 min", "1 D", 1, "TRADES", 1, 1, 11, 1, "BUY", "SMART", 0, "")
    assert len(history.contract.legs) == 1


def test_contract_details_end_with_the_issuer_at_176_alone():
    head = (9, 8, 1, *SPY, 0, "", "")
    assert read(*head, "", version=176).req_id == read(*head, version=157).req_id == 1
    for version, extra in ((176, ()), (157, ("",))):
        with pytest.raises(MalformedRequestError):
            read(*head, *extra, version=version)


def test_calendar_events_grow_with_the_version():
    assert read(102, 9, 8314, "", 0, 0, 0, "", "", "") == Unserved(102, 9)
    assert read(102, 9, 8314, version=157) == Unserved(102, 9)


def test_a_wrong_field_is_named_with_its_value():
    with pytest.raises(MalformedRequestError, match=r"field 2 \(reqId\) was 'one'"):
        read(1, 11, "one")
    assert read(15, 1, "true") == Numbered(15, 1)
