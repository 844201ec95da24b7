"""What people see: everything of ours with its terms, what is not ours apart, and why nothing can be opened."""

from decimal import Decimal

from tests.doubles.engine_bench import EngineBench, armed_settings

from alphatrader.domain import events as ev
from alphatrader.domain.orders import Leg
from alphatrader.domain.view import EngineView, FeedView, NoticeView
from alphatrader.engine.view import build_view

TWO = {"armed": {}, "rival": {"mode": "approve", "target_delta": 0.3, "budget_share": 0.5}}


def view_of(bench: EngineBench, label: str = "") -> EngineView:
    return build_view(bench.engine, (), (), label, bench.now_ns)


def test_before_anything_is_known_there_is_a_view() -> None:
    view = view_of(EngineBench(armed_settings(("SPY", "QQQ"))))
    assert [symbol.symbol for symbol in view.symbols] == ["SPY", "QQQ"]
    assert (view.positions, view.signals, view.proposals) == ((), (), ())
    assert view.warming_up
    assert "history is still being fed" in view.entries_paused


def test_the_run_its_session_and_its_services() -> None:
    bench = EngineBench(armed_settings()).ready()
    redis = FeedView("Redis", "live", 1.0, 5.0, "")
    notice = NoticeView(1, "info", "topic", "text", "topic.what")
    view = build_view(bench.engine, [notice], [redis], "SIMULATED MARKET (seed 7)", bench.now_ns)
    assert (view.run_id, view.build, view.mode, view.session_date) == ("t", "test", "paper", "2025-11-24")
    assert (view.simulated, view.market_label) == (True, "SIMULATED MARKET (seed 7)")
    assert not view_of(bench).simulated
    assert (view.feeds[-1], view.notices) == (redis, (notice,))


def test_a_position_shows_its_strategy_its_exits_and_whether_it_is_protected() -> None:
    bench = EngineBench(armed_settings()).ready()
    intent = bench.hold(price="1.60")
    (row,) = view_of(bench).positions
    _, stop, target = intent.tickets
    assert (row.label, row.con_id, row.strategy) == ("SPY 0DTE 650C", intent.con_id, "armed")
    assert (row.quantity, row.average_price) == (intent.tickets[0].quantity, Decimal("1.6000"))
    assert (row.stop_price, row.target_price, row.stop_resting) == (stop.stop_price, target.limit_price, True)
    assert row.opened_ns == bench.trade(intent).opened_ns
    bench.report(intent, Leg.STOP, "Cancelled")
    (row,) = view_of(bench).positions
    assert (row.stop_price, row.stop_resting) == (None, False)


def test_prices_in_force_are_shown_not_those_that_were_sent() -> None:
    bench = EngineBench(armed_settings()).ready()
    intent = bench.hold()
    for leg, changes in ((Leg.STOP, {"stop_price": Decimal("1.44")}), (Leg.TARGET, {"limit_price": Decimal("1.99")})):
        bench.report(intent, leg, "Submitted", **changes)
    (row,) = view_of(bench).positions
    assert (row.stop_price, row.target_price) == (Decimal("1.44"), Decimal("1.99"))


def test_strategies_show_their_blocks_and_what_became_of_their_ideas() -> None:
    bench = EngineBench(armed_settings(("SPY", "QQQ"), changes={"risk": {"max_open_positions": 5}}, **TWO)).ready()
    bench.hold("armed", "QQQ")
    bench.arm("armed", "rival").look()
    views = {view.name: view for view in view_of(bench).strategies}
    assert [(v.mode, v.budget_share) for v in views.values()] == [("on", 1.0), ("approve", 0.5)]
    spy, qqq = views["armed"].symbols
    assert (spy.symbol, spy.code, spy.score, spy.signals, spy.open_trades) == ("SPY", "ok", 0.9, 1, 0)
    assert (qqq.symbol, qqq.blocked, qqq.signals, qqq.signals_accepted, qqq.open_trades) == (
        "QQQ",
        "strategy_busy",
        1,
        1,
        1,
    )


def test_a_strategy_that_is_off_is_shown_so() -> None:
    bench = EngineBench(armed_settings(armed={"mode": "off"})).ready()
    bench.look()
    (view,) = view_of(bench).strategies
    assert (view.mode, view.symbols[0].code, view.symbols[0].score) == ("off", "", 0.0)


def test_what_waits_for_a_person_is_shown_until_it_is_over() -> None:
    bench = EngineBench(armed_settings(**TWO)).ready().arm("rival")
    bench.look()
    bench.claim()
    (waiting,) = view_of(bench).proposals
    assert (waiting.signal_id, waiting.strategy, waiting.label) == ("t.s1", "rival", "SPY 0DTE 652C")
    assert waiting.expires_ns == bench.now_ns + 120_000_000_000
    bench.arm().look(121)
    assert view_of(bench).proposals == ()


def test_a_signal_shows_what_became_of_it_newest_first() -> None:
    bench = EngineBench(armed_settings(**TWO)).ready()
    bench.enter("armed")
    bench.arm("rival").look()
    bench.claim(granted=False)
    refused, accepted = view_of(bench).signals
    assert (accepted.strategy, accepted.accepted, accepted.code, accepted.mode) == ("armed", True, "accepted", "on")
    assert (refused.strategy, refused.accepted, refused.code, refused.mode) == (
        "rival",
        False,
        "claim_refused",
        "approve",
    )


def test_what_is_not_ours_is_labelled_as_far_as_it_is_known() -> None:
    bench = EngineBench(armed_settings()).ready()
    known = next(i for i in bench.engine.state.instruments.values() if i.option is not None)
    bench.execute(known.con_id, "BUY", 1, "2.00")
    bench.execute(4711, "BUY", 2, "3.00")
    labels = {row.con_id: row.label for row in view_of(bench).foreign.positions}
    assert labels == {known.con_id: known.option.label("20251124"), 4711: "contract 4711"}  # type: ignore[union-attr]
    assert view_of(bench).positions == ()


def test_a_reason_that_holds_for_every_underlying_is_told_once() -> None:
    bench = EngineBench(armed_settings(("SPY", "QQQ"))).ready()
    bench.look()
    assert view_of(bench).entries_paused == ()
    bench.post(ev.OperatorCommand(ts_ns=bench.now_ns, action="halt", actor="ann", reason="drill"))
    view = view_of(bench)
    assert view.entries_paused == ("HALTED: drill (ann)",)
    assert (view.trading_state, view.state_reason) == ("HALTED", "drill (ann)")


def test_counters_add_up_over_strategies_and_underlyings() -> None:
    bench = EngineBench(armed_settings(("SPY", "QQQ"), changes={"risk": {"max_open_positions": 5}}, **TWO)).ready()
    intent = bench.hold("armed", "SPY")
    bench.arm("armed", on=("SPY",)).look()
    counters = view_of(bench).counters
    assert (counters["signals"], counters["signals_accepted"]) == (1, 1)
    assert (counters["orders"], counters["executions"]) == (3, 1)
    assert counters["blocked.strategy_busy"] == 1
    assert view_of(bench).open_orders == 2, "stop and target"
    assert intent.strategy == "armed"
