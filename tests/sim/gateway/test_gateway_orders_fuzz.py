"""Orders of any terms: the gateway takes or refuses them, and goes on."""

from decimal import Decimal
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alphatrader.sim.behaviours import TABLE, Behaviours
from alphatrader.sim.clock import SimClock
from alphatrader.sim.exchange.exchange import Exchange
from alphatrader.sim.exchange.journal import ExchangeJournal
from alphatrader.sim.gateway.gateway import Gateway
from alphatrader.sim.gateway.session import Session
from alphatrader.sim.scripted import CALL_CON_ID, PUT_CON_ID, SPY_CON_ID, ScriptedMarket
from alphatrader.sim.wire.conditions import ConditionKind, WireCondition
from alphatrader.sim.wire.fields import split_fields
from alphatrader.sim.wire.order_terms import PEG_BENCH, BenchmarkTerms, WireLeg, WireTerms
from alphatrader.sim.wire.place_order import PlaceOrder
from alphatrader.sim.wire.queries import ContractQuery
from alphatrader.sim.wire.requests import CancelOrder, Numbered

TYPES = ["MKT", "LMT", "STP", "STP LMT", "TRAIL", "TRAIL LIMIT", "MIT", "LIT", "MOC", "LOC", "MTL", "REL", "SNAP MID"]
CONTRACTS = {
    "call": ContractQuery(con_id=CALL_CON_ID),
    "put": ContractQuery(con_id=PUT_CON_ID),
    "stock": ContractQuery(con_id=SPY_CON_ID),
    "none": ContractQuery(con_id=5),
    "bag": ContractQuery(symbol="SPY", sec_type="BAG"),
}
number = st.one_of(
    st.none(),
    st.sampled_from([Decimal(n) for n in ("0", "-1", "0.01", "1.005", "2", "650", "1e-9", "99999999", "1e17")]),
)
condition = st.builds(
    WireCondition,
    kind=st.sampled_from(ConditionKind),
    conjunction=st.sampled_from("ao"),
    is_more=st.booleans(),
    value=st.sampled_from(["", "1", "650.5", "15:30:00", "0"]),
    con_id=st.sampled_from([0, SPY_CON_ID]),
    sec_type=st.sampled_from(["", "STK"]),
    symbol=st.sampled_from(["", "SPY"]),
)
condition = condition.filter(lambda c: c.kind is ConditionKind.TIME or ":" not in c.value)
leg = st.builds(
    WireLeg,
    con_id=st.sampled_from([CALL_CON_ID, PUT_CON_ID, SPY_CON_ID, 3]),
    ratio=st.integers(-1, 3),
    action=st.sampled_from(["BUY", "SELL", ""]),
    exchange=st.just("SMART"),
)


def mostly(usual, *others):
    """Mostly what orders say, now and then something else."""
    return st.sampled_from([*[usual] * 12, *others])


@st.composite
def stated(draw):
    order_type = draw(st.sampled_from([*TYPES, *TYPES, "PEG BENCH", "VOL", "", "ODD"]))
    return WireTerms(
        action=draw(mostly("BUY", "SELL", "SELL", "SELL", "SSHORT", "")),
        quantity=Decimal(draw(mostly("3", "0", "-3", "0.5", "7", "100", "1e17"))),
        order_type=order_type,
        limit_price=draw(st.one_of(mostly(Decimal("2.00")), number)),
        aux_price=draw(st.one_of(mostly(Decimal("1.50")), number)),
        tif=draw(mostly("DAY", "", "GTC", "IOC", "FOK", "GTD", "OPG", "XXX")),
        transmit=draw(mostly(True, False, False)),
        parent_id=draw(mostly(0, 1, 2, 77)),
        oca_group=draw(mostly("", "g", "g")),
        oca_type=draw(mostly(0, 1, 2, 3, -1, 4)),
        trigger_method=draw(mostly(0, 1, 2, 3, 4, 7, 8, 9)),
        outside_rth=draw(mostly(False, True)),
        good_after_time=draw(mostly("", "20261116 15:00:00", "20201116 15:00:00 US/Eastern", "soon")),
        good_till_date=draw(mostly("20261116 15:00:00", "15:30:00", "20270101", "20201116", "", "soon")),
        trail_stop_price=draw(number),
        trailing_percent=draw(mostly(None, Decimal(1), Decimal(-1), Decimal(500))),
        limit_price_offset=draw(mostly(None, Decimal("0.1"), Decimal(-1))),
        legs=tuple(draw(st.lists(leg, min_size=0, max_size=3))),
        conditions=tuple(draw(st.one_of(mostly([]), st.lists(condition, max_size=2)))),
        conditions_cancel_order=draw(st.booleans()),
        all_or_none=draw(mostly(False, True)),
        min_quantity=draw(mostly(None, 1, 50)),
        display_size=draw(mostly(None, 1)),
        what_if=draw(mostly(False, True)),
        algo_strategy=draw(mostly("", "Twap", "Odd")),
        benchmark=BenchmarkTerms() if order_type in PEG_BENCH else None,
    )


order_ids = mostly(1, 2, 2, 2, 3, 3, 4, 0, -1)
contracts = mostly("call", "put", "stock", "stock", "bag", "none")
actions = st.lists(
    st.one_of(
        st.tuples(st.just("place"), order_ids, contracts, stated()),
        st.tuples(st.just("cancel"), st.integers(0, 4)),
        st.tuples(st.just("move"), st.sampled_from([0.5, 1.5, 1.99, 2.5, 4.0])),
    ),
    min_size=4,
    max_size=14,
)


class Wire(SimpleNamespace):
    """Stands for the socket: keeps what was written."""

    def write(self, data):
        self.data += data

    def get_write_buffer_size(self):
        return 0

    def set_write_buffer_limits(self, **_):
        return None

    def get_extra_info(self, _):
        return ("here", 1)


@pytest.fixture(scope="module")
def new_gateway(tmp_path_factory):
    def make(behaviours):
        market = ScriptedMarket()
        journal = ExchangeJournal(tmp_path_factory.mktemp("orders") / "exchange.db")
        chosen = Behaviours(TABLE, behaviours)
        exchange = Exchange(market, journal, "DUSIM0001", Decimal(100_000), behaviours=chosen)

        def fail(error):
            raise error

        return market, Gateway(market, SimClock(market.now_ns, 1.0), exchange, fail, chosen)

    return make


def request_of(action):
    if action[0] == "cancel":
        return CancelOrder(action[1])
    return PlaceOrder(action[1], CONTRACTS[action[2]], "", "", action[3])


@pytest.mark.parametrize("precautions", [False, True])
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=actions)
def test_whatever_is_asked_the_gateway_goes_on(new_gateway, precautions, steps):
    market, gateway = new_gateway({"order_precautions": precautions})
    session = Session(gateway)
    wire = Wire(data=b"")
    session._transport = wire
    session.version = 176
    assert gateway.admit(session, 1)
    for step in steps:
        if step[0] == "move":
            market.set_quote(CALL_CON_ID, step[1] - 0.02, step[1], 10)
            gateway.step()
        else:
            gateway.handle(session, request_of(step))
            gateway.settle()
    for message_id, number in ((5, 0), (16, 0), (99, 0)):
        gateway.handle(session, Numbered(message_id, number))
    gateway.step()
    messages = payloads(wire.data)
    assert [message[0] for message in messages].count("53") == 2
    assert any(message[0] == "102" for message in messages)


def payloads(data):
    found, start = [], 0
    while start < len(data):
        length = int.from_bytes(data[start : start + 4], "big")
        found.append(split_fields(data[start + 4 : start + 4 + length]))
        start += 4 + length
    return found
