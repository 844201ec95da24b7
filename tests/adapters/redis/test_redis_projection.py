import asyncio
import json
import os
import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
from redis.asyncio import Redis
from tests.adapters.redis.redis_views import (
    EXACT_NS,
    NOW_NS,
    engine_view,
    exposure,
    notice_view,
    signal_view,
    symbol_view,
)

from alphatrader.adapters.redis import keys
from alphatrader.adapters.redis.documents import documents
from alphatrader.adapters.redis.monitoring import NAMES_MAX, Monitoring
from alphatrader.adapters.redis.projection import Projection
from alphatrader.adapters.redis.server import PrivateServer
from alphatrader.domain.errors import DataError
from alphatrader.domain.view import EngineView, ForeignView


class WrittenView(msgspec.Struct):
    written_at_ns: int
    view: EngineView


async def contents(client: Redis) -> dict[str, object]:
    """Everything that is in Redis, but for the wall time and Redis's own ids."""
    found: dict[str, object] = {}
    for key in sorted(await client.keys("*")):
        name = key.decode()
        if name.startswith("stream:"):
            found[name] = [fields for _, fields in await client.xrange(key)]
        else:
            found[name] = json.loads(await client.get(key))
            found[name].pop("written_at_ns", None)  # type: ignore[attr-defined]
    return found


def monitoring() -> Monitoring:
    held = Monitoring()
    held.beat("ibkr_ingestion", NOW_NS)
    held.set_ibkr(NOW_NS, {"rows_per_s": 120.5})
    held.count_ibkr_error(NOW_NS, "2103")
    held.set_alphavantage(NOW_NS, "requests", {"used": 3, "budget": 75})
    held.count_alphavantage(NOW_NS, "errors", "rate_limited")
    return held


async def test_every_key_of_the_registry_is_written_with_its_life_and_its_time(client: Redis) -> None:
    view = engine_view()
    assert await Projection(client, lambda: view, monitoring=monitoring()).round()
    written = await contents(client)
    for spec in keys.REGISTRY:
        if spec in (keys.CLAIM, keys.CLAIMS_READY, keys.PROBE):
            continue
        prefix = spec.name("SPY")
        names = [
            name for name in written if name == prefix or (spec.template.endswith("*") and name.startswith(prefix))
        ]
        assert names, spec.template
        for name in names:
            life_ms = await client.pttl(name)
            if spec.ttl_s is None:
                assert life_ms == -1
                continue
            lives = {s.ttl_s for s in keys.REGISTRY if s.name("SPY") == name} or {spec.ttl_s}
            assert 0 < life_ms <= max(lives) * 1_000  # type: ignore[type-var]
            document = written[name]
            assert isinstance(document["ts_ns"], int), name  # type: ignore[index]
            assert NOW_NS - 10**10 <= document["ts_ns"] <= NOW_NS  # type: ignore[index]


def test_names_and_lives_are_those_that_other_programs_know() -> None:
    lives = {spec.name("SPY", "*"): spec.ttl_s for spec in keys.REGISTRY}
    expected = {"market:{SPY}:book": 1, "market:{SPY}:trades": 1, "market:{SPY}:bars": 10}
    expected |= {f"options:{{SPY}}:{name}": 10 for name in ("chain", "greeks", "gex", "dex", "unusual", "flow")}
    expected |= {f"sentiment:{{SPY}}:{name}": 300 for name in ("score", "articles")}
    expected |= {"technicals:{SPY}:*": 60, "metrics:{SPY}:gex_by_strike": 10}
    assert {name: lives[name] for name in expected} == expected
    others = {f"market:{{SPY}}:{name}" for name in ("last", "ticker", "spread", "imbalance", "sweep", "timestamp")}
    others |= {"market:{SPY}:unusual_volume", "ibkr:connected", "ibkr:account", "module:heartbeat:*"}
    others |= {"monitoring:ibkr:metrics", "monitoring:ibkr:errors", "monitoring:api:av:*", "metrics:{SPY}:*"}
    assert others <= set(lives)


def test_every_key_is_renewed_well_inside_its_life() -> None:
    for spec in keys.REGISTRY:
        if spec.ttl_s is not None:
            assert spec.refresh_s + 0.25 <= spec.ttl_s / 2, spec.template


def test_the_documentation_lists_every_key() -> None:
    text = (Path(__file__).parents[3] / "docs" / "storage.md").read_text()
    for spec in keys.REGISTRY:
        assert f"`{spec.template}`" in text, spec.template


async def test_the_view_comes_back_whole(client: Redis) -> None:
    view = engine_view()
    await Projection(client, lambda: view).round()
    written = msgspec.json.decode(await client.get("view:engine"), type=WrittenView)
    assert written.view == view
    assert written.written_at_ns > 0


async def test_content_is_what_the_view_says(client: Redis) -> None:
    await Projection(client, engine_view).round()
    book = json.loads(await client.get("market:{SPY}:book"))
    assert book == {"ts_ns": EXACT_NS - 2_048, "bids": [[650.49, 300.0], [650.48, 100.0]], "asks": [[650.51, 200.0]]}
    volume = json.loads(await client.get("market:{SPY}:unusual_volume"))
    assert (volume["ratio"], volume["minutes"]) == (3.0, 1)
    assert json.loads(await client.get("metrics:{SPY}:return_60s"))["value"] is None
    flow = json.loads(await client.get("options:{SPY}:flow"))
    assert (flow["call_volume"], flow["put_volume"], flow["put_call_ratio"]) == (4_500.0, 900.0, 0.2)
    unusual = json.loads(await client.get("options:{SPY}:unusual"))["strikes"]
    assert [(row["strike"], row["right"]) for row in unusual] == [(650.0, "C"), (651.0, "C"), (652.0, "C")]
    assert json.loads(await client.get("ibkr:connected"))["connected"] is True
    assert json.loads(await client.get("technicals:{SPY}:rsi"))["values"] == {"RSI": 61.2}


async def test_strategies_proposals_and_what_is_not_ours_have_keys_of_their_own(client: Redis) -> None:
    await Projection(client, engine_view).round()
    strategy = json.loads(await client.get("signals:strategy:zero_dte"))
    assert (strategy["ts_ns"], strategy["mode"], strategy["budget_share"]) == (NOW_NS, "on", 0.5)
    assert strategy["underlyings"]["SPY"] == {
        "score": -0.62, "code": "ok", "blocked": "cooldown", "blocked_text": "41 s of cool-down are left",
        "signals": 7, "signals_accepted": 3, "open_trades": 1,
    }  # fmt: skip
    assert strategy["underlyings"]["QQQ"]["score"] is None, "no data is no opinion, not a score of 0"
    waiting = json.loads(await client.get("signals:strategy:overnight_call"))
    assert waiting["underlyings"]["SPY"]["score"] is None, "nor is what was not judged yet"
    proposals = json.loads(await client.get("signals:proposals"))
    assert proposals == {
        "ts_ns": NOW_NS,
        "proposals": [
            {"signal_id": "run-1.s9", "strategy": "overnight_call", "label": "SPY 1DTE 652C",
             "expires_ns": NOW_NS + 60_000_000_000},
        ],
    }  # fmt: skip
    foreign = json.loads(await client.get("ibkr:foreign"))
    assert foreign == {
        "ts_ns": NOW_NS,
        "positions": [{"label": "SPY", "con_id": 756, "quantity": 100, "average_price": "648.2000"}],
        "realised_usd": "-35.00",
        "fees_usd": "1.30",
    }


def test_what_is_gone_is_said_and_not_left_to_expire() -> None:
    gone = msgspec.structs.replace(engine_view(), proposals=(), foreign=ForeignView())
    written = {name: document for _, name, document in documents(gone)}
    assert not written["signals:proposals"]["proposals"]
    assert not written["ibkr:foreign"]["positions"]


async def test_streams_carry_strategy_mode_and_code(client: Redis) -> None:
    await Projection(client, lambda: engine_view(number=1)).round()
    [(_, fields)] = await client.xrange("stream:signals")
    signal_written = json.loads(fields[b"data"])
    assert (signal_written["strategy"], signal_written["mode"]) == ("zero_dte", "approve")
    [(_, fields)] = await client.xrange("stream:notices")
    assert json.loads(fields[b"data"])["code"] == "signal.made"


async def test_a_signal_without_a_stop_or_target_of_its_own_says_null(client: Redis) -> None:
    bare = msgspec.structs.replace(signal_view(0), stop_price=None, target_price=None)
    await Projection(client, lambda: msgspec.structs.replace(engine_view(), signals=(bare,))).round()
    [(_, fields)] = await client.xrange("stream:signals")
    written = json.loads(fields[b"data"])
    assert (written["stop_price"], written["target_price"]) == (None, None)


def test_what_is_not_known_makes_no_key() -> None:
    empty = msgspec.structs.replace(engine_view(), symbols=(), feeds=(), account={}, strategies=())
    assert list(documents(empty)) == []
    nothing_heard = msgspec.structs.replace(
        symbol_view(), ts_ns=0, metrics={}, bids=(), asks=(), trades=(), bars=(), exposure=None, sentiment=None,
        technicals={}, bid=None, ask=None, last=None,
    )  # fmt: skip
    assert list(documents(msgspec.structs.replace(empty, symbols=(nothing_heard,)))) == []
    no_volume = symbol_view(chain=exposure(volume=None))
    names = {name for _, name, _ in documents(msgspec.structs.replace(empty, symbols=(no_volume,)))}
    assert "options:{SPY}:gex" in names
    assert not names & {"options:{SPY}:flow", "options:{SPY}:unusual"}


def test_a_symbol_that_would_break_the_hash_tag_is_refused() -> None:
    with pytest.raises(DataError, match="brace"):
        keys.BOOK.name("S}PY")


async def test_it_is_rebuilt_identical_after_it_was_emptied(client: Redis) -> None:
    projection = Projection(client, lambda: engine_view(symbols=("SPY", "QQQ")), monitoring=monitoring())
    await projection.round()
    before = await contents(client)
    await client.flushall()
    await projection.round()
    assert await contents(client) == before
    assert projection.counters["rebuilds"] == 1


async def test_a_killed_server_is_filled_again_and_the_trader_hears_of_it_once(
    server: PrivateServer, client: Redis, until: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("alphatrader.adapters.redis.projection.BACKOFF_MAX_S", 0.05)
    told: list[bool] = []
    projection = Projection(
        client, engine_view, monitoring=monitoring(), interval_s=0.02, on_change=lambda up, _: told.append(up)
    )
    async with asyncio.TaskGroup() as group:
        running = group.create_task(projection.run())
        await until(lambda: projection.counters["rounds"] > 2)
        before = await contents(client)
        pid = server.pid()
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        await until(lambda: projection.counters["failures"] > 3)
        await asyncio.to_thread(server.ensure)
        await until(lambda: told == [False, True])
        running.cancel()
    after = await contents(client)
    for name, value in before.items():
        if name.startswith("stream:"):
            assert [entry for entry in after[name] if entry in value] == after[name]  # type: ignore[union-attr, operator]
            assert all(entry in after[name] for entry in value)  # type: ignore[attr-defined, operator]
        else:
            assert after[name] == value


async def test_a_server_that_hangs_holds_nobody_up(
    server: PrivateServer, client: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("alphatrader.adapters.redis.projection.PIPELINE_TIMEOUT_S", 0.2)
    projection = Projection(client, engine_view)
    await projection.round()
    pid = server.pid()
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    try:
        assert not await projection.round()
    finally:
        os.kill(pid, signal.SIGCONT)
    assert await projection.round()
    assert projection.counters["failures"] == 1


async def test_out_of_memory_is_told_and_passes(client: Redis) -> None:
    told: list[tuple[bool, str]] = []
    projection = Projection(client, engine_view, on_change=lambda up, reason: told.append((up, reason)))
    await client.config_set("maxmemory", "1mb")
    assert not await projection.round()
    assert not await projection.round()
    await client.config_set("maxmemory", "256mb")
    assert await projection.round()
    assert [up for up, _ in told] == [False, True]
    assert "maxmemory" in told[0][1]


async def test_a_view_that_cannot_be_made_does_not_end_the_trader(client: Redis) -> None:
    views = iter([ZeroDivisionError("in the view"), engine_view()])

    def source() -> EngineView:
        view = next(views)
        if isinstance(view, Exception):
            raise view
        return view

    told: list[str] = []
    projection = Projection(client, source, on_change=lambda _, reason: told.append(reason))
    assert not await projection.round()
    assert "in the view" in told[0]
    assert await projection.round()


async def test_streams_hold_each_entry_once_in_order(client: Redis) -> None:
    shown = 3
    projection = Projection(client, lambda: engine_view(number=shown))
    for count in (3, 3, 5, 60):
        shown = count
        await projection.round()
    entries = [json.loads(fields[b"data"]) for _, fields in await client.xrange("stream:notices")]
    assert [entry["text"] for entry in entries] == [f"notice {n}" for n in range(60)]
    assert len(await client.xrange("stream:signals")) == 60
    assert notice_view(1).text in [entry["text"] for entry in entries]


async def test_keys_are_written_no_oftener_than_they_need(client: Redis) -> None:
    projection = Projection(client, engine_view)
    await projection.round()
    first = projection.counters["commands"]
    await projection.round()
    second = projection.counters["commands"] - first
    assert second <= 4  # book, trades, the view
    assert first > 20


async def test_a_heartbeat_is_not_renewed_for_a_dead_module(client: Redis) -> None:
    held, now = monitoring(), NOW_NS
    projection = Projection(client, lambda: engine_view(ts_ns=now), monitoring=held)
    await projection.round()
    await client.pexpire("module:heartbeat:ibkr_ingestion", 5)
    await asyncio.sleep(0.02)
    now += 1
    await projection.round()
    assert await client.get("module:heartbeat:ibkr_ingestion") is None
    held.beat("ibkr_ingestion", NOW_NS + 1)
    await projection.round()
    assert await client.get("module:heartbeat:ibkr_ingestion") is not None
    assert json.loads(await client.get("module:heartbeat:engine"))["ts_ns"] == NOW_NS + 1


def test_counters_do_not_grow_without_end() -> None:
    held = Monitoring()
    for number in range(3 * NAMES_MAX):
        held.count_ibkr_error(NOW_NS, str(number))
        held.set_ibkr(NOW_NS, {str(number): 1})
    for _, _, document in held.documents():
        assert len(document) <= NAMES_MAX + 1
    (errors,) = (d for spec, _, d in held.documents() if spec is keys.IBKR_ERRORS)
    assert errors["other"] == 2 * NAMES_MAX + 1


def test_a_key_spec_is_a_value() -> None:
    assert replace(keys.BOOK, ttl_s=2) != keys.BOOK
