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


async def test_nothing_without_a_session(desk: Desk) -> None:
    async with desk.anonymous() as client:
        answers = [await client.get(path) for path in ("/api/view", "/api/journal")]
        answers += [await client.post(path, json={"action": "halt"}) for path in ("/api/commands", "/logout")]
    for answer in answers:
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


async def test_a_foreign_host_header_is_refused(desk: Desk) -> None:
    port = httpx.URL(desk.url).port
    hosts = [f"evil.example:{port}", "127.0.0.1", "127.0.0.1:1", f"localhost.evil.example:{port}", ""]
    paths = ["/", "/api/view", "/api/health", "/static/css/base.css", "/no-such-path"]
    async with desk.logged_in() as client:
        for host in hosts:
            for path in paths:
                answer = await client.get(path, headers={"host": host})
                assert answer.status_code == 403, (host, path)
                assert "Host" in answer.json()["detail"]
        assert (await client.get("/", headers={"host": f"LOCALHOST:{port}"})).status_code == 200


async def test_a_command_from_another_page_is_refused(desk: Desk) -> None:
    async with desk.logged_in() as client:
        for origin in ("https://evil.example", "http://127.0.0.1:1", "null", ""):
            answer = await client.post("/api/commands", json={"action": "halt"}, headers={"origin": origin})
            assert answer.status_code == 403, origin
        del client.headers["origin"]
        assert (await client.post("/api/commands", json={"action": "halt"})).status_code == 403
    assert desk.trader.requests == []


async def test_a_command_without_the_csrf_token_is_refused(desk: Desk) -> None:
    async with desk.logged_in() as client:
        del client.headers["x-csrf-token"]
        for headers in ({}, {"x-csrf-token": ""}, {"x-csrf-token": "wrong"}):
            answer = await client.post("/api/commands", json={"action": "halt"}, headers=headers)
            assert answer.status_code == 403
            assert "x-csrf-token" in answer.json()["detail"]
    assert desk.trader.requests == []


def cookie_of(client: httpx.AsyncClient) -> str:
    return "; ".join(f"{name}={value}" for name, value in client.cookies.items())


async def test_the_stream_is_refused_without_our_origin_and_a_session(desk: Desk) -> None:
    async with desk.logged_in() as client:
        own = {"cookie": cookie_of(client)}
    for origin, headers in [("https://evil.example", own), (None, own), (desk.url, {})]:
        with pytest.raises(InvalidStatus) as caught:
            await connect(address_of(desk), origin=origin, additional_headers=headers)  # type: ignore[arg-type]
        assert caught.value.response.status_code == 403
    assert desk.dashboard.feed.subscribers == 0


def address_of(desk: Desk) -> str:
    return desk.url.replace("http", "ws") + "/ws"


async def test_logging_out_ends_the_session_and_its_stream(desk: Desk) -> None:
    await desk.write(make_view())
    async with desk.logged_in() as client:
        headers = {"cookie": cookie_of(client)}
        async with connect(address_of(desk), origin=desk.url, additional_headers=headers) as socket:  # type: ignore[arg-type]
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
