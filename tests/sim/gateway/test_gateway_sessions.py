"""Sessions: pacing, limits, the settings of the gateway, what is refused and what is answered besides the market."""

import contextlib

import pytest
from tests.sim.gateway.raw_client import RawClient

from alphatrader.sim.scripted import CALL_CON_ID, SPY_CON_ID, ScriptedMarket
from alphatrader.sim.settings import SimSettings
from alphatrader.sim.simulator import open_simulator
from alphatrader.sim.wire.framing import frame

SPY = (SPY_CON_ID, "SPY", "STK", "", 0.0, "", "", "SMART", "", "USD", "SPY", "SPY")
CALL = (CALL_CON_ID, *[""] * 3, 0.0, *[""] * 7)


class Holder:
    """What a raw client needs of a bench."""

    def __init__(self, sim):
        self.sim = sim


@contextlib.asynccontextmanager
async def served(tmp_path, **settings):
    """A raw client of a gateway with settings of its own."""
    market = ScriptedMarket()
    async with (
        open_simulator(SimSettings(state_dir=tmp_path, **settings), market) as sim,
        RawClient(Holder(sim)) as client,
    ):
        client.sim, client.market = sim, market
        yield client


@pytest.fixture
async def client(tmp_path):
    async with served(tmp_path) as started:
        await started.start()
        yield started


@pytest.mark.parametrize(
    ("request_fields", "answer"),
    [
        ((104, 5), ["107", "5", ""]),
        ((79, 5), ["77", "5", "0"]),
        ((80,), ["78", "1", "DUSIM0001", ""]),
        ((85,), ["85", "0"]),
        ((67, 1, 5), ["67", "1", "5", "1|2|3|4|5|6|7"]),
        ((65, 1, "name", "9"), ["66", "1", "0"]),
        ((72, 1, "name", "9", "key"), ["70", "1", "0"]),
        ((17, 1), ["15", "1", "DUSIM0001"]),
        ((8, 1, 1), ["9", "1", "1"]),
        ((18, 1, 1), ["4", "2", "-1", "321"]),
        ((19, 1, 1, "<xml/>", 5), ["4", "2", "5", "321"]),
        ((52, 2, 5, 0, "SPY", "STK", "SMART", "", "USD", "", "ReportSnapshot", 0, ""), ["4", "2", "5", "430"]),
        ((84, 5, "BRFG", "BRFG$1", ""), ["4", "2", "5", "10172"]),
        ((86, 5, 1, "BRFG", "", "", 10, ""), ["4", "2", "5", "10276"]),
        ((100, 5), ["4", "2", "5", "10279"]),
        ((102, 5, 1, "", 0, 0, 0, "", "", ""), ["4", "2", "5", "10282"]),
        ((83, 5, "zz"), ["4", "2", "5", "321"]),
        ((14, 1, 9), ["4", "2", "-1", "321"]),
        ((23, 1, 5), ["4", "2", "5", "162"]),
        ((70, 1, 5), ["4", "2", "5", "321"]),
    ],
)
async def test_every_question_has_its_answer(client, request_fields, answer):
    client.ask(*request_fields)
    assert (await client.message())[: len(answer)] == answer


async def test_smart_components_name_exchanges_by_letter(client):
    client.ask(83, 5, "9c0001")
    _, _, count, *rows = await client.message()
    assert len(rows) == 3 * int(count)
    assert dict(zip(rows[1::3], rows[2::3], strict=True))["ARCA"] == "P"


async def test_display_groups_pass_a_contract_to_those_who_joined(client):
    client.ask(68, 1, 5, 2)
    client.ask(68, 1, 6, 2)
    client.ask(68, 1, 7, 3)
    assert [(await client.message())[3] for _ in range(3)] == ["none"] * 3
    client.ask(69, 1, 5, "756733@SMART")
    assert [await client.message() for _ in range(2)] == [["68", "1", str(n), "756733@SMART"] for n in (5, 6)]


async def test_a_scan_ranks_what_is_listed_and_its_cancel_is_confirmed_by_162(client):
    filters = ["", "", "", "", "", "", "", "", "", "", "", "", "", 0, "", "", "ALL", "", ""]
    client.ask(22, 5, 10, "STK", "STK.US.MAJOR", "TOP_PERC_GAIN", *filters)
    assert (await client.message())[:7] == ["20", "3", "5", "1", "0", str(SPY_CON_ID), "SPY"]
    client.ask(23, 1, 5)
    assert "cancelled: 5" in (await client.message())[4]
    client.ask(22, 6, 10, "STK", "STK.US.MAJOR", "NO_SUCH_SCAN", *filters)
    assert (await client.message())[3] == "162"
    client.ask(24, 1)
    assert "TOP_PERC_GAIN" in (await client.message())[2]


async def test_option_calculations_invert_each_other(client):
    client.ask(55, 3, 5, *CALL, 0.2, 651.0, 0, "")
    found = await client.message()
    assert found[:4] == ["21", "5", "53", "0"]
    price = found[6]
    client.ask(54, 3, 6, *CALL, price, 651.0, 0, "")
    assert float((await client.message())[4]) == pytest.approx(0.2, abs=1e-3)  # time goes on meanwhile
    client.ask(54, 3, 7, *CALL, 0.5, 651.0, 0, "")
    assert (await client.message())[3] == "321"
    client.ask(54, 3, 8, *SPY, 0.5, 651.0, 0, "")
    assert (await client.message())[3] == "321"


async def test_a_read_only_gateway_refuses_orders_and_their_lists(tmp_path):
    async with served(tmp_path, read_only_api=True) as client:
        await client.start()
        for request in ((5, 1), (16, 1), (99, 0), (58, 1), (15, 1, 1)):
            client.ask(*request)
            assert "Read-Only" in (await client.message())[4]
        client.ask(4, 1, 12, "")
        assert (await client.message())[2:4] == ["12", "321"]
        client.ask(61, 1)
        assert (await client.message())[0] == "62"


async def test_with_paceapi_requests_wait_for_their_turn(tmp_path):
    async with served(tmp_path) as client:
        await client.start(hello=b"API\0" + frame(b"v100..176 +PACEAPI"))
        client.send(frame(b"49\x001\x00") * 130)
        assert [(await client.message())[0] for _ in range(130)] == ["49"] * 130


@pytest.mark.parametrize("disconnects", [True, False])
async def test_a_request_that_cannot_be_read_is_320(tmp_path, disconnects):
    async with served(tmp_path, behaviours={"malformed_request_disconnects": disconnects}) as client:
        await client.start()
        client.ask(2, 2, "one")
        client.ask(49, 1)
        assert (await client.message())[3] == "320"
        if disconnects:
            assert await client.rest() == b""
        else:
            assert (await client.message())[0] == "49"


@pytest.mark.parametrize("disconnects", [True, False])
async def test_the_third_breach_of_the_pace_ends_the_connection_or_not(tmp_path, disconnects):
    async with served(tmp_path, behaviours={"pacing_disconnects": disconnects}) as client:
        await client.start()
        client.send(frame(b"14\x001\x003\x00") * 320)
        for _ in range(3):
            assert (await client.message())[3] == "100"
        if disconnects:
            assert await client.rest() == b""


async def test_more_clients_than_the_limit_are_refused(tmp_path):
    async with served(tmp_path) as client, contextlib.AsyncExitStack() as stack:
        await client.start(client_id=1)
        for number in range(2, 33):
            other = await stack.enter_async_context(RawClient(client.bench))
            await other.start(client_id=number)
        late = await stack.enter_async_context(RawClient(client.bench))
        assert await late.rest() == b""
