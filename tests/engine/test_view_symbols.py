"""One underlying as people see it."""

from tests.doubles.engine_bench import EngineBench, armed_settings
from tests.doubles.engine_market import SPY

from alphatrader.domain import events as ev
from alphatrader.domain.view import SymbolView
from alphatrader.engine.view_symbols import symbol_view


def view_of(bench: EngineBench, symbol: str = "SPY") -> SymbolView:
    return symbol_view(bench.engine, bench.engine.state.symbols[symbol])


def test_before_it_is_subscribed_it_is_empty() -> None:
    bench = EngineBench(armed_settings())
    bench.engine.state.symbols["SPY"].instrument = None
    view = view_of(bench)
    assert (view.symbol, view.bid, view.ask, view.metrics, view.exposure) == ("SPY", None, None, {}, None)


def test_quote_book_prints_and_bars_are_the_markets() -> None:
    bench = EngineBench(armed_settings()).ready()
    bench.look()
    view = view_of(bench)
    assert (view.bid, view.ask, view.last) == (649.99, 650.01, 650.0)
    assert (view.bids[0], view.asks[0]) == ((649.99, 600.0), (650.01, 300.0))
    assert [row[1:3] for row in view.trades] == [(650.0, 100.0)]
    assert view.bars[-1][4] == 650.0
    assert view.ts_ns == bench.now_ns


def test_every_number_of_the_snapshot_is_a_metric_and_a_number() -> None:
    bench = EngineBench(armed_settings()).ready()
    bench.flow(90).decide()
    metrics = view_of(bench).metrics
    assert {type(value) for value in metrics.values()} <= {float, type(None)}
    assert {"mid", "vpin", "ofi_60s_normalised", "return_60s", "toxicity"} <= metrics.keys()
    assert not {"ts_ns", "bid", "ask", "last"} & metrics.keys(), "they have fields of their own"
    assert metrics["volume_60s"] == bench.engine.state.market.snapshot(SPY.instrument_id).volume_60s


def test_scores_are_shown_by_strategy_and_signed() -> None:
    bench = EngineBench(armed_settings(armed={}, rival={})).ready().arm("armed")
    bench.look()
    metrics = view_of(bench).metrics
    assert (metrics["score.armed"], metrics["score.rival"]) == (0.9, 0.0)


def test_scores_of_one_underlying_are_not_shown_at_another() -> None:
    bench = EngineBench(armed_settings(("SPY", "QQQ"))).ready().arm("armed", on=("SPY",))
    bench.look()
    assert (view_of(bench, "SPY").metrics["score.armed"], view_of(bench, "QQQ").metrics["score.armed"]) == (0.9, 0.0)


def test_what_came_from_elsewhere_is_shown_with_its_time() -> None:
    bench = EngineBench(armed_settings()).ready()
    bench.look()
    bench.post(ev.SentimentReceived(ts_ns=5, symbol="SPY", score=0.4, articles=12))
    bench.post(ev.IndicatorReceived(ts_ns=6, symbol="SPY", name="RSI", values={"RSI": 61.0}))
    view = view_of(bench)
    assert (view.sentiment, view.technicals) == ((5, 0.4, 12), {"RSI": (6, {"RSI": 61.0})})
    assert view.exposure is not None
    assert view.exposure.ts_ns == bench.now_ns
