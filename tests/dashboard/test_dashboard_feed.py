"""The view's way from Redis to many clients."""

import asyncio
import json
import time
from pathlib import Path

import msgspec
import pytest
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from tests.dashboard.desk import Desk
from tests.dashboard.views import make_busy_view, make_view
from websockets.asyncio.client import connect

from alphatrader.dashboard.feed import Mailbox, ViewFeed
from alphatrader.dashboard.server import _open_store


class Clocks:
    """A wall and a monotonic clock that move by hand."""

    def __init__(self) -> None:
        self.wall_s = 1_700_000_000.0
        self.monotonic_s = 50.0

    def pass_s(self, seconds: float) -> None:
        self.wall_s += seconds
        self.monotonic_s += seconds

    def wall_ns(self) -> int:
        return int(self.wall_s * 1e9)


@pytest.fixture
def clocks() -> Clocks:
    return Clocks()


@pytest.fixture
async def store(redis_url: str):
    store = Redis.from_url(redis_url, socket_connect_timeout=1, retry=Retry(NoBackoff(), 0))
    await store.flushall()
    yield store
    await store.aclose()


@pytest.fixture
def feed(store: Redis, clocks: Clocks) -> ViewFeed:
    return ViewFeed(store, stale_after_ms=2_000, wall_ns=clocks.wall_ns, monotonic_s=lambda: clocks.monotonic_s)


async def put(store: Redis, clocks: Clocks, step: int = 0, ahead_s: float = 0.0) -> None:
    written = clocks.wall_ns() + int(ahead_s * 1e9)
    await store.set("view:engine", msgspec.json.encode({"written_at_ns": written, "view": make_view(step)}))


async def test_a_fresh_view_is_live_and_grows_silent(feed: ViewFeed, store: Redis, clocks: Clocks) -> None:
    await put(store, clocks)
    assert await feed.poll()
    assert feed.status().trader == "live"
    clocks.pass_s(1.9)
    assert not await feed.poll()
    assert feed.status().trader == "live"
    clocks.pass_s(0.2)
    status = feed.status()
    assert status.trader == "silent"
    assert status.view_age_ms == pytest.approx(2_100, abs=1)
    assert "stopped sending" in status.detail


async def test_a_view_that_lay_there_before_us_is_old_from_the_start(
    feed: ViewFeed, store: Redis, clocks: Clocks
) -> None:
    await put(store, clocks, ahead_s=-30)
    await feed.poll()
    assert feed.status().trader == "silent"
    assert feed.status().view_age_ms == pytest.approx(30_000, abs=1)


async def test_a_trader_whose_clock_runs_ahead_cannot_stay_young(feed: ViewFeed, store: Redis, clocks: Clocks) -> None:
    await put(store, clocks, ahead_s=3_600)
    await feed.poll()
    clocks.pass_s(5)
    assert feed.status().trader == "silent"
    assert feed.status().view_age_ms == pytest.approx(5_000)


async def test_the_last_view_stays_with_its_age_when_the_key_goes(feed: ViewFeed, store: Redis, clocks: Clocks) -> None:
    await put(store, clocks)
    await feed.poll()
    await store.delete("view:engine")
    clocks.pass_s(10)
    await feed.poll()
    frame = json.loads(feed.frame())
    assert frame["status"]["trader"] == "absent"
    assert frame["status"]["view_age_ms"] == pytest.approx(10_000)
    assert frame["view"]["run_id"] == "20260826-seed7"


@pytest.mark.parametrize(
    "content", [b"", b"garbage", b"{}", b'{"written_at_ns":1,"view":{}}', b'{"written_at_ns":1,"view":[]}', b"\xff\xfe"]
)
async def test_an_unreadable_view_is_named_and_the_last_good_one_kept(
    feed: ViewFeed, store: Redis, clocks: Clocks, content: bytes
) -> None:
    await put(store, clocks)
    await feed.poll()
    await store.set("view:engine", content)
    for _ in range(2):
        assert not await feed.poll()
        assert feed.status().trader == "unreadable"
        assert "\n" not in feed.status().detail
    assert json.loads(feed.frame())["view"]["run_id"] == "20260826-seed7"
    await put(store, clocks, step=1)
    assert await feed.poll()
    assert feed.status().trader == "live"


async def test_a_lost_redis_is_a_state_and_ends_when_it_returns(store: Redis, clocks: Clocks) -> None:
    gone = Redis.from_url("unix:///nowhere/r.sock", retry=Retry(NoBackoff(), 0))
    feed = ViewFeed(gone, stale_after_ms=2_000, wall_ns=clocks.wall_ns, monotonic_s=lambda: clocks.monotonic_s)
    assert not await feed.poll()
    assert feed.status().trader == "unknown"
    assert "Redis cannot be read" in feed.status().detail
    await gone.aclose()
    feed._store = store
    await put(store, clocks)
    await feed.poll()
    assert feed.status().trader == "live"
    feed._store = gone
    await feed.poll()
    assert feed.status().trader == "unknown"
    feed._store = store
    assert not await feed.poll(), "the same content is not a new view"
    assert feed.status().trader == "live"


async def test_decimals_and_times_arrive_exactly(feed: ViewFeed, store: Redis, clocks: Clocks) -> None:
    await put(store, clocks)
    await feed.poll()
    view = json.loads(feed.frame())["view"]
    assert view["positions"][0]["average_price"] == "1.38"
    assert view["ts_ns"] == make_view().ts_ns


async def test_strategies_proposals_and_what_is_not_ours_arrive(feed: ViewFeed, store: Redis, clocks: Clocks) -> None:
    view = make_busy_view()
    await store.set("view:engine", msgspec.json.encode({"written_at_ns": clocks.wall_ns(), "view": view}))
    await feed.poll()
    arrived = json.loads(feed.frame())["view"]
    assert [(block["name"], block["mode"]) for block in arrived["strategies"]] == [
        ("zero_dte", "on"), ("overnight_call", "approve"), ("gamma_pin", "shadow"), ("fourteen_dte", "off"),
    ]  # fmt: skip
    assert arrived["strategies"][0]["symbols"][1]["score"] == -0.64
    assert arrived["proposals"][0]["signal_id"] == view.proposals[0].signal_id
    assert arrived["proposals"][0]["expires_ns"] == view.proposals[0].expires_ns
    assert arrived["foreign"]["positions"][0]["average_price"] == "648.2000"
    assert arrived["unrealised_known"] is True
    assert (arrived["signals"][0]["stop_price"], arrived["signals"][0]["target_price"]) == (None, None)
    assert arrived["notices"][0]["code"] == "fill.own"


async def test_a_page_finds_every_field_also_of_a_trader_that_does_not_know_them(
    feed: ViewFeed, store: Redis, clocks: Clocks
) -> None:
    view = msgspec.to_builtins(make_view())
    for name in ("strategies", "proposals", "foreign", "unrealised_known"):
        del view[name]
    del view["positions"][0]["strategy"], view["signals"][0]["mode"]
    await store.set("view:engine", msgspec.json.encode({"written_at_ns": clocks.wall_ns(), "view": view}))
    assert await feed.poll()
    arrived = json.loads(feed.frame())["view"]
    assert (arrived["strategies"], arrived["proposals"], arrived["unrealised_known"]) == ([], [], True)
    assert arrived["foreign"]["positions"] == []
    assert (arrived["positions"][0]["strategy"], arrived["signals"][0]["mode"]) == ("", "on")


async def test_a_mailbox_keeps_the_newest_view_and_the_word_after_it() -> None:
    box = Mailbox()
    for frame, is_view in [("v1", True), ("s1", False), ("v2", True), ("v3", True), ("s2", False), ("s3", False)]:
        box.put(frame, is_view=is_view)
    assert [await box.take(), await box.take()] == ["v3", "s3"]
    assert box.dropped == 2
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(box.take(), 0.01)


async def test_clients_share_one_encoding_and_are_told_of_silence(desk: Desk) -> None:
    await desk.write(make_view(0))
    await desk.settle()
    async with desk.logged_in() as client:
        headers = {"cookie": "; ".join(f"{name}={value}" for name, value in client.cookies.items())}
    address = desk.url.replace("http", "ws") + "/ws"
    async with (
        connect(address, origin=desk.url, additional_headers=headers) as first,  # type: ignore[arg-type]
        connect(address, origin=desk.url, additional_headers=headers) as second,  # type: ignore[arg-type]
    ):
        opening = json.loads(await first.recv())
        assert opening["kind"] == "view"
        assert opening["status"]["trader"] == "live"
        await second.recv()
        assert desk.dashboard.feed.subscribers == 2
        await desk.write(make_view(4))
        frames = [await next_view(first), await next_view(second)]
        assert frames[0] == frames[1], "each content is encoded once"
        assert json.loads(frames[0])["view"]["ts_ns"] == make_view(4).ts_ns
        silent = await until_silent(first)
        assert silent["kind"] == "status"
        assert "view" not in silent
        assert silent["status"]["view_age_ms"] > 2_000
    deadline = time.monotonic() + 5
    while desk.dashboard.feed.subscribers and time.monotonic() < deadline:
        await asyncio.sleep(0.02)
    assert desk.dashboard.feed.subscribers == 0


async def next_view(socket) -> str:
    while True:
        frame = await asyncio.wait_for(socket.recv(), 5)
        if json.loads(frame)["kind"] == "view":
            return frame


async def until_silent(socket) -> dict:
    while True:
        frame = json.loads(await asyncio.wait_for(socket.recv(), 5))
        if frame["status"]["trader"] == "silent":
            return frame


async def test_the_api_answers_with_the_view_or_says_why_not(desk: Desk) -> None:
    async with desk.logged_in() as client:
        missing = await client.get("/api/view")
        assert missing.status_code == 503
        assert "the trader is not there" in missing.json()["detail"]
        await desk.write(make_view())
        await desk.settle()
        live = await client.get("/api/view")
        assert live.status_code == 200
        assert live.json()["view"]["trading_state"] == "ACTIVE"
        await desk.write(make_view(1), age_s=9)
        await desk.settle()
        old = await client.get("/api/view")
        assert old.status_code == 503
        assert old.json()["frame"]["status"]["view_age_ms"] > 9_000


async def test_health_needs_no_login_and_shows_no_money(desk: Desk) -> None:
    await desk.write(make_view())
    await desk.settle()
    async with desk.anonymous() as client:
        answer = await client.get("/api/health")
    assert answer.json() == {"ok": True, "trader": "live", "detail": "", "clients": 0}


async def test_a_redis_that_is_frozen_does_not_freeze_us(redis_url: str, clocks: Clocks) -> None:
    path = Path(redis_url.removeprefix("unix://")).with_name("mute.sock")

    async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    async with await asyncio.start_unix_server(say_nothing, str(path)):
        mute = _open_store(f"unix://{path}")
        feed = ViewFeed(mute, stale_after_ms=2_000, wall_ns=clocks.wall_ns, monotonic_s=lambda: clocks.monotonic_s)
        await feed.poll()
        await mute.aclose()
    assert feed.status().trader == "unknown"
    assert "no answer in 1 s" in feed.status().detail
