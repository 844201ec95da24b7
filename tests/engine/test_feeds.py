"""Liveness of feeds: silence is found by the age of content, and costs entries until the windows are whole again."""

import pytest
from tests.doubles.engine_bench import EngineBench, armed_settings
from tests.doubles.engine_market import S

from alphatrader.domain import events as ev
from alphatrader.engine.commands import Command, Resubscribe


def live() -> EngineBench:
    bench = EngineBench(armed_settings()).ready()
    bench.look()
    return bench


def renewed(bench: EngineBench, commands: list[Command]) -> set[str]:
    """Streams of the underlying that are subscribed anew."""
    return {c.stream for c in bench.of(Resubscribe, commands) if c.instrument_id == 1}


def states(bench: EngineBench) -> dict[str, str]:
    return {feed.name: feed.state for feed in bench.engine.feeds.views()}


def test_live_feeds_forbid_nothing() -> None:
    bench = live()
    assert bench.blocks() == set()
    assert set(states(bench).values()) == {"live"}


def test_a_silent_stream_is_resubscribed_and_its_return_is_told() -> None:
    bench = live()
    assert renewed(bench, bench.advance(4).decide()) == {"quote", "depth"}, "prints may come more rarely"
    assert "feed.silent" in bench.codes()
    assert bench.blocks() == {"feed_quote_stale", "feed_depth_stale"}
    bench.prints().decide()
    assert bench.codes().count("feed.back") == 2
    assert bench.blocks() == {"window_filling"}, "the flow windows have a hole"
    for _ in range(30):
        bench.look(2)
    assert bench.blocks() == set()


def test_a_stream_that_stays_silent_is_renewed_in_its_spacing_and_told_once() -> None:
    bench = live()
    bench.advance(4).decide()
    assert renewed(bench, bench.advance(1).decide()) == set()
    assert renewed(bench, bench.advance(4.5).decide()) == {"quote", "depth"}
    assert bench.codes().count("feed.silent") == 2


def test_one_stream_may_fall_silent_alone() -> None:
    bench = live()
    for _ in range(11):
        bench.advance(1).quotes().decide()
    assert bench.blocks() == {"feed_trade_stale"}


def test_over_a_dead_link_no_stream_is_renewed() -> None:
    bench = live()
    bench.link(healthy=False)
    assert renewed(bench, bench.advance(4).decide()) == set()
    bench.link()
    assert renewed(bench, bench.advance(0.1).decide()) == {"quote", "depth"}


def test_what_came_before_the_live_start_is_young_from_there_on() -> None:
    bench = EngineBench(armed_settings()).ready()
    bench.decide()  # a minute after its warm-up, and nothing has come yet
    assert bench.blocks() >= {"feed_quote_stale", "feed_trade_stale", "feed_depth_stale"}
    fresh = EngineBench(armed_settings())
    fresh.post(ev.WarmupFinished(ts_ns=fresh.now_ns, rows=0))
    assert not {code for code in fresh.blocks() if code.startswith("feed_")}


def test_before_the_open_nothing_is_expected() -> None:
    """A trader that is up early must not call a market silent that has not begun."""
    bench = EngineBench(armed_settings(), at="08:30").ready()
    for clock in ("08:45", "09:29:59", "09:30:00"):
        bench.at(clock).decide()
        assert not {code for code in bench.blocks() if code.startswith("feed_")}
        assert states(bench)["SPY quote"] == "live"
    assert "feed.silent" not in bench.codes()
    bench.at("09:30:04").decide()
    assert bench.blocks() >= {"feed_quote_stale", "feed_depth_stale"}
    assert bench.codes().count("feed.silent") == 2


def test_after_the_close_nobody_calls_a_feed_silent() -> None:
    bench = EngineBench(armed_settings(), at="15:58:59").ready()
    bench.look()
    bench.at("16:30").decide()
    assert "feed.silent" not in bench.codes()


def test_while_warming_up_feeds_wait() -> None:
    bench = EngineBench(armed_settings())
    assert states(bench) == {
        "SPY quote": "waiting",
        "SPY trade": "waiting",
        "SPY depth": "waiting",
        "SPY chain": "waiting",
    }
    assert {feed.age_ms for feed in bench.engine.feeds.views()} == {None}, "nothing is expected yet"


@pytest.mark.parametrize(("age_s", "code"), [(59, set()), (62, {"chain_stale"})])
def test_a_chain_may_be_a_minute_old(age_s: float, code: set[str]) -> None:
    bench = live()
    market, steps = bench.engine.state.market, 31
    for _ in range(steps):  # the streams go on, the chain does not
        bench.advance(age_s / steps)
        market.quote(bench.now_ns, 1, 649.99, 9, 650.01, 9)
        market.trade(bench.now_ns, 1, 650.0, 100, "ARCA", "")
        market.depth(bench.now_ns, 1, 1, 1, 0, 649.99, 100, "ARCA")
        bench.decide()
    assert bench.blocks() == code


def test_without_a_chain_no_entry_and_the_reason_is_told() -> None:
    bench = EngineBench(armed_settings()).ready()
    bench.post(ev.ChainFailed(ts_ns=bench.now_ns, symbol="SPY", reason="the key is exhausted"))
    (text,) = [d.text for d in bench.engine.ground.blocks("SPY") if d.code == "chain_missing"]
    assert text == "SPY: no option chain yet the key is exhausted"


def test_feeds_of_one_underlying_stop_no_entry_in_another() -> None:
    bench = EngineBench(armed_settings(("SPY", "QQQ"))).ready()
    bench.look()
    bench.advance(4)
    price = bench.prices["QQQ"]
    bench.engine.state.market.quote(bench.now_ns, 2, price - 0.01, 9, price + 0.01, 9)
    bench.engine.state.market.depth(bench.now_ns, 2, 1, 1, 0, price - 0.01, 100, "ARCA")
    bench.decide()
    assert bench.blocks("SPY") == {"feed_quote_stale", "feed_depth_stale"}
    assert bench.blocks("QQQ") == set()


def test_ages_are_told_in_milliseconds_of_the_wall() -> None:
    bench = live()
    bench.now_ns += 2 * S
    bench.decide()
    (quote,) = [feed for feed in bench.engine.feeds.views() if feed.name == "SPY quote"]
    assert (quote.age_ms, quote.limit_ms) == (2_000.0, 3_250.0)
