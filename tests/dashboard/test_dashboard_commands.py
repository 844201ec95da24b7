import asyncio

import pytest
from tests.dashboard.desk import Desk


async def test_halt_needs_no_confirmation_and_reaches_the_trader(desk: Desk) -> None:
    async with desk.logged_in() as client:
        answer = await client.post("/api/commands", json={"action": "halt", "reason": "spreads look wrong"})
    assert answer.status_code == 200
    assert answer.json() == {"ok": True, "action": "halt", "state": "HALTED"}
    assert desk.trader.requests == [{"action": "halt", "actor": "dashboard", "reason": "spreads look wrong"}]


async def test_what_lowers_risk_goes_at_once(desk: Desk) -> None:
    async with desk.logged_in() as client:
        for action in ("reduce", "cancel_entries"):
            assert (await client.post("/api/commands", json={"action": action})).status_code == 200
    assert [request["action"] for request in desk.trader.requests] == ["reduce", "cancel_entries"]


@pytest.mark.parametrize(("action", "word"), [("resume", "RESUME"), ("flatten", "FLATTEN")])
async def test_resume_and_flatten_need_the_typed_word(desk: Desk, action: str, word: str) -> None:
    async with desk.logged_in() as client:
        for wrong in ("", word.lower(), word + " "):
            answer = await client.post("/api/commands", json={"action": action, "confirm": wrong})
            assert answer.status_code == 400
            assert word in answer.json()["detail"]
        assert desk.trader.requests == []
        answer = await client.post("/api/commands", json={"action": action, "confirm": word})
    assert answer.status_code == 200
    assert [request["action"] for request in desk.trader.requests] == [action]


MALFORMED = [
    b"",
    b"[]",
    b"garbage",
    b'{"action":"buy"}',
    b'{"action":"halt","confirm":"x"}',
    b'{"action":"halt","force":true}',
    b'{"action":"halt","reason":7}',
]


async def test_a_malformed_command_sends_nothing(desk: Desk) -> None:
    async with desk.logged_in() as client:
        for body in MALFORMED:
            answer = await client.post("/api/commands", content=body, headers={"content-type": "application/json"})
            assert answer.status_code == 400, body
            assert answer.headers["content-type"] == "application/problem+json"
    assert desk.trader.requests == []


async def test_a_huge_command_is_refused(desk: Desk) -> None:
    async with desk.logged_in() as client:
        answer = await client.post("/api/commands", json={"action": "halt", "reason": "x" * 100_000})
    assert answer.status_code in {400, 413}
    assert desk.trader.requests == []


async def test_without_a_trader_it_says_so(desk: Desk) -> None:
    await desk.trader.stop()
    async with desk.logged_in() as client:
        answer = await client.post("/api/commands", json={"action": "halt"})
    assert answer.status_code == 503
    problem = answer.json()
    assert problem["status"] == 503
    assert "the trader is not there" in problem["detail"]
    assert "nothing was sent" in problem["detail"]
    assert "\n" not in problem["detail"]


async def test_a_socket_that_nobody_serves_any_more_is_no_trader(desk: Desk) -> None:
    # What a kill -9 leaves behind: the file, and nobody behind it.
    await desk.trader.stop()
    server = await asyncio.start_unix_server(lambda reader, writer: None, str(desk.trader.path))
    server.close()
    await server.wait_closed()
    async with desk.logged_in() as client:
        answer = await client.post("/api/commands", json={"action": "halt"})
    assert answer.status_code == 503


async def test_the_traders_own_refusal_is_passed_on(desk: Desk) -> None:
    desk.trader.answer = b'{"ok":false,"error":"reconciliation is not complete"}\n'
    async with desk.logged_in() as client:
        answer = await client.post("/api/commands", json={"action": "resume", "confirm": "RESUME"})
    assert answer.status_code == 409
    assert "reconciliation is not complete" in answer.json()["detail"]


async def test_a_missing_answer_is_never_taken_for_a_refusal(desk: Desk) -> None:
    lines = [b"", b'{"ok":true', b"not json\n", b'{"state":"HALTED"}\n', b"x" * 100_000]
    async with desk.logged_in() as client:
        for line in lines:
            desk.trader.answer = line
            answer = await client.post("/api/commands", json={"action": "halt"})
            assert answer.status_code == 504, line
            assert "may have been carried out" in answer.json()["detail"]
    assert [request["action"] for request in desk.trader.requests] == ["halt"] * len(lines)
