"""Events are recorded as canonical JSON: what is read back is what was written, to the byte."""

from decimal import Decimal
from typing import Any, get_args

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alphatrader.domain import events as ev
from alphatrader.domain.events import LAYOUT, ControlEvent, decode_event, encode_event

KINDS = get_args(ControlEvent)
LEAVES: dict[Any, st.SearchStrategy[Any]] = {
    int: st.integers(-(2**62), 2**62),
    float: st.floats(allow_nan=False, allow_infinity=False),
    Decimal: st.decimals("-1e6", "1e6", allow_nan=False, allow_infinity=False, places=6),
    str: st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
    bytes: st.binary(max_size=20),
    bool: st.booleans(),
}


def made(annotation: Any) -> st.SearchStrategy[Any]:
    """Values of a field's type: everything that a recorded event can hold."""
    info = msgspec.inspect.type_info(annotation)
    return _of(info)


def _of(info: Any) -> st.SearchStrategy[Any]:
    kind = type(info).__name__
    match kind:
        case "StructType":
            return st.builds(info.cls, **{field.name: _of(field.type) for field in info.fields})
        case "UnionType":
            return st.one_of([_of(part) for part in info.types])
        case "VarTupleType":
            return st.lists(_of(info.item_type), max_size=2).map(tuple)
        case "TupleType":
            return st.tuples(*(_of(part) for part in info.item_types))
        case "DictType":
            return st.dictionaries(_of(info.key_type), _of(info.value_type), max_size=2)
        case "LiteralType":
            return st.sampled_from(info.values)
        case "EnumType":
            return st.sampled_from(info.cls)
        case "NoneType":
            return st.none()
    leaves = {"IntType": int, "FloatType": float, "DecimalType": Decimal, "StrType": str, "BytesType": bytes}
    return LEAVES[leaves.get(kind, bool)]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
@settings(max_examples=15, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_an_event_is_read_back_as_it_was_written(kind: type[ev.Event], data: st.DataObject) -> None:
    event = data.draw(made(kind))
    payload = encode_event(event)
    again = decode_event(payload)
    assert type(again) is kind
    assert again == event
    assert encode_event(again) == payload


def test_every_event_of_the_module_is_one_that_can_be_recorded() -> None:
    own = {value for value in vars(ev).values() if isinstance(value, type) and issubclass(value, ev.Event)}
    assert own - {ev.Event} == set(KINDS)


def test_equal_events_are_recorded_alike_whatever_the_order_in_which_they_were_filled() -> None:
    one = ev.IndicatorReceived(ts_ns=5, symbol="SPY", name="MACD", values={"MACD": 1.0, "Signal": 2.0})
    other = ev.IndicatorReceived(values={"Signal": 2.0, "MACD": 1.0}, name="MACD", symbol="SPY", ts_ns=5)
    assert encode_event(one) == encode_event(other)


def test_the_kind_of_an_event_comes_first() -> None:
    """Readers of old logs find an event by it without decoding the rest."""
    assert encode_event(ev.DecisionTimer(ts_ns=5)) == b'{"type":"DecisionTimer","ts_ns":5}'
    assert encode_event(ev.StoreChanged(ts_ns=5, up=True, reason="x")).startswith(b'{"type":"StoreChanged"')


def test_a_run_recorded_without_a_layout_is_of_the_first() -> None:
    run = ev.RunStarted(
        ts_ns=1, run_id="r", mode="paper", seed=7, time_scale=1.0, settings="{}", build="b", session_date="2026-11-24",
        session_open_ns=1, session_close_ns=2, layout=LAYOUT,
    )  # fmt: skip
    recorded = msgspec.json.decode(encode_event(run))
    assert recorded["layout"] == LAYOUT
    del recorded["layout"]
    old = decode_event(msgspec.json.encode(recorded))
    assert isinstance(old, ev.RunStarted)
    assert old.layout == 1


def test_a_command_of_an_earlier_build_is_about_nothing_in_particular() -> None:
    old = decode_event(b'{"type":"OperatorCommand","ts_ns":1,"action":"halt","actor":"a","reason":"r"}')
    assert old == ev.OperatorCommand(ts_ns=1, action="halt", actor="a", reason="r", target="")


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"{}",
        b'{"type":"Nonsense","ts_ns":1}',
        b'{"type":"DecisionTimer"}',
        b'{"type":"DecisionTimer","ts_ns":"1"}',
    ],
)
def test_what_is_no_event_is_refused(payload: bytes) -> None:
    with pytest.raises(msgspec.MsgspecError):
        decode_event(payload)
