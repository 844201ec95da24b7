"""Who is let in: every refusal of the first page, over real sockets."""

import contextlib
import json
import stat

import httpx
import pytest
from tests.dashboard.desk import Desk
from tests.dashboard.views import make_view
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus


@pytest.mark.parametrize("path", ["/api/view", "/logout", "/api/commands"])
async def test_nothing_without_a_session(desk: Desk, path: str) -> None:
    async with desk.anonymous() as client:
        answer = await (client.get(path) if path == "/api/view" else client.post(path, json={"action": "halt"}))
    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"
    assert "log in" in answer.json()["detail"]
    assert desk.trader.requests == []


async def test_the_page_without_a_session_says_how_to_log_in(desk: Desk) -> None:
    async with desk.anonymous() as client:
        answer = await client.get("/")
    assert answer.status_code == 401
    assert "Not logged in" in answer.text
    assert "csrf-token" not in answer.text


async def test_the_login_link_works_once(desk: Desk) -> None:
    link = desk.dashboard.login_url
    async with desk.anonymous() as first, desk.anonymous() as second:
        assert (await first.get(link)).status_code == 200
        assert (await first.get("/")).status_code == 200
        refused = await second.get(link)
        assert refused.status_code == 401
        assert "set-cookie" not in refused.headers
        assert (await second.get("/api/view")).status_code == 401


async def test_the_cookie_is_hidden_from_scripts_and_other_sites(desk: Desk) -> None:
    async with desk.anonymous() as client:
        cookie = (await client.get(desk.dashboard.login_url)).headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert "domain" not in cookie


async def test_a_planted_session_id_is_not_adopted(desk: Desk) -> None:
    name = f"alphatrader_session_{httpx.URL(desk.url).port}"
    async with desk.anonymous() as victim, desk.anonymous() as attacker:
        await victim.get(desk.dashboard.login_url, headers={"cookie": f"{name}=planted"})
        assert (await attacker.get("/api/view", headers={"cookie": f"{name}=planted"})).status_code == 401


async def test_the_announcement_is_for_the_owner_only_and_holds_the_next_link(desk: Desk) -> None:
    path = desk.home / "dashboard.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    before = json.loads(path.read_bytes())
    assert before["url"] == desk.url
    assert before["login_url"] == desk.dashboard.login_url
    async with desk.anonymous() as client:
        await client.get(before["login_url"])
    after = json.loads(path.read_bytes())
    assert after["login_url"] == desk.dashboard.login_url != before["login_url"]
    assert [entry.name for entry in desk.home.iterdir() if entry.name.startswith(".")] == []


@pytest.mark.parametrize("host", ["evil.example:{port}", "127.0.0.1", "127.0.0.1:1", "localhost.evil.example:{port}"])
async def test_a_foreign_host_header_is_refused(desk: Desk, host: str) -> None:
    headers = {"host": host.format(port=httpx.URL(desk.url).port)}
    async with desk.logged_in() as client:
        for path in ("/", "/api/view", "/api/health", "/static/css/base.css", "/no-such-path"):
            answer = await client.get(path, headers=headers)
            assert answer.status_code == 403, path
            assert "Host" in answer.json()["detail"]


@pytest.mark.parametrize("origin", ["https://evil.example", "http://127.0.0.1:1", "null", ""])
async def test_a_command_from_another_page_is_refused(desk: Desk, origin: str) -> None:
    async with desk.logged_in() as client:
        answer = await client.post("/api/commands", json={"action": "halt"}, headers={"origin": origin})
    assert answer.status_code == 403
    assert desk.trader.requests == []


@pytest.mark.parametrize("token", [None, "", "wrong"])
async def test_a_command_without_the_csrf_token_is_refused(desk: Desk, token: str | None) -> None:
    async with desk.logged_in() as client:
        del client.headers["x-csrf-token"]
        headers = {} if token is None else {"x-csrf-token": token}
        answer = await client.post("/api/commands", json={"action": "halt"}, headers=headers)
    assert answer.status_code == 403
    assert "x-csrf-token" in answer.json()["detail"]
    assert desk.trader.requests == []


def cookie_of(client: httpx.AsyncClient) -> str:
    return "; ".join(f"{name}={value}" for name, value in client.cookies.items())


@pytest.mark.parametrize(
    ("origin", "with_cookie"), [("https://evil.example", True), (None, True), ("own", False)], ids=str
)
async def test_the_stream_is_refused_without_our_origin_and_a_session(
    desk: Desk, origin: str | None, with_cookie: bool
) -> None:
    async with desk.logged_in() as client:
        headers = {"cookie": cookie_of(client)} if with_cookie else {}
    with pytest.raises((InvalidStatus, ConnectionClosed)) as caught:
        async with connect(
            desk.url.replace("http", "ws") + "/ws",
            origin=desk.url if origin == "own" else origin,  # type: ignore[arg-type]
            additional_headers=headers,
        ) as socket:
            await socket.recv()
    if isinstance(caught.value, InvalidStatus):
        assert caught.value.response.status_code == 403


async def test_logging_out_ends_the_session_and_its_stream(desk: Desk) -> None:
    await desk.write(make_view())
    async with desk.logged_in() as client:
        address = desk.url.replace("http", "ws") + "/ws"
        headers = {"cookie": cookie_of(client)}
        async with connect(address, origin=desk.url, additional_headers=headers) as socket:  # type: ignore[arg-type]
            await socket.recv()
            assert (await client.post("/logout")).status_code == 204
            with contextlib.suppress(ConnectionClosed):
                async for _ in socket:
                    pass
        assert socket.close_code == 4401
        answer = await client.get("/api/view", headers=headers)
    assert answer.status_code == 401


async def test_every_answer_forbids_foreign_content(desk: Desk) -> None:
    async with desk.logged_in() as client:
        for path in ("/", "/login", "/api/view", "/static/js/main.js", "/missing"):
            headers = (await client.get(path)).headers
            policy = headers["content-security-policy"]
            assert "default-src 'none'" in policy, path
            assert "script-src 'self';" in policy
            assert "unsafe" not in policy
            assert headers["x-content-type-options"] == "nosniff"
            assert headers["referrer-policy"] == "no-referrer"
        page = (await client.get("/")).text
        assert (await client.get("/schema")).status_code == 404
    assert "https://" not in page
    assert "<script>" not in page
    assert "style=" not in page
    assert "onclick" not in page
