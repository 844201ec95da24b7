"""What positions are worth: one rule for marks, and nothing of others in our figures."""

from decimal import Decimal

import pytest
from tests.doubles.engine_bench import EngineBench, armed_settings

from alphatrader.domain import events as ev
from alphatrader.domain.orders import Leg
from alphatrader.engine.view import build_view

TWO = {"armed": {}, "rival": {"target_delta": 0.3}}


def held(price: str = "1.60") -> tuple[EngineBench, int, int]:
    """A bench that holds a position, the number of its instrument, and how many."""
    bench = EngineBench(armed_settings()).ready()
    intent = bench.hold(price=price)
    return bench, intent.instrument_id, intent.tickets[0].quantity


def mark(bench: EngineBench, instrument_id: int, bid: float) -> None:
    bench.quote_option(bench.engine.state.instruments[instrument_id], bid)


def view_of(bench: EngineBench):
    return build_view(bench.engine, (), (), "", bench.now_ns)


def test_a_long_option_is_worth_its_bid() -> None:
    bench, number, quantity = held("1.60")
    mark(bench, number, 1.75)
    (position,) = bench.engine.book.ledger.open_positions()
    found = bench.engine.valuation.mark(position)
    assert (found.price, found.quoted_ns) == (Decimal("1.75"), bench.now_ns)
    assert found.unrealised_usd == Decimal("0.15") * 100 * quantity


@pytest.mark.parametrize("bid", [float("nan"), 0.0, -1.0])
def test_without_a_bid_the_premium_counts_as_lost_and_the_mark_as_unknown(bid: float) -> None:
    bench, number, quantity = held("1.60")
    bench.engine.state.market.quote(bench.now_ns, number, bid, 0, 0.05, 10)
    valuation = bench.engine.valuation
    assert valuation.unrealised_usd() == Decimal("-1.60") * 100 * quantity
    assert not valuation.known
    view = view_of(bench)
    assert (view.positions[0].mark, view.unrealised_known) == (None, False)
    assert view.unrealised_usd == view.positions[0].unrealised_usd == valuation.unrealised_usd()


def test_a_bid_may_be_four_times_as_old_as_one_that_prices_an_entry() -> None:
    bench, number, _ = held()
    mark(bench, number, 1.75)
    limit_s = 4 * (2.5 + 0.25)
    instrument = bench.engine.state.instruments[number]
    bench.advance(limit_s).decide()
    assert bench.engine.valuation.bid(instrument) == 1.75
    bench.advance(0.001).decide()
    assert bench.engine.valuation.bid(instrument) is None


def test_the_rows_of_the_view_sum_to_its_total() -> None:
    bench = EngineBench(armed_settings(changes={"risk": {"max_open_positions": 5}}, **TWO)).ready()
    first, second = bench.hold("armed", price="1.613"), bench.hold("rival", price="1.177")
    for bids in ((1.7, 1.2), (1.1, 0.9), (float("nan"), 1.3), (float("nan"), float("nan"))):
        for intent, bid in zip((first, second), bids, strict=True):
            bench.engine.state.market.quote(bench.now_ns, intent.instrument_id, bid, 9, 2.0, 9)
        view = view_of(bench)
        assert view.unrealised_usd == sum(row.unrealised_usd or Decimal(0) for row in view.positions)
        # The rows are in cents, and so is what the page shows of the rule that the breakers go by.
        assert abs(view.unrealised_usd - bench.engine.valuation.unrealised_usd()) <= Decimal("0.01")


def test_what_is_not_ours_enters_no_figure_and_is_shown_apart() -> None:
    bench, number, quantity = held("1.60")
    mark(bench, number, 1.60)
    before = view_of(bench)
    bench.execute(4711, "BUY", 7, "3.00")
    bench.execute(4711, "SELL", 2, "1.00")
    bench.post(ev.CommissionReported(ts_ns=bench.now_ns, exec_id="t.3.01", commission=Decimal("9.10"), currency="USD"))
    view = view_of(bench)
    for name in ("positions", "realised_usd", "unrealised_usd", "fees_usd"):
        assert getattr(view, name) == getattr(before, name)
    assert bench.engine.valuation.day_result_usd() == 0
    assert [(row.con_id, row.quantity) for row in view.foreign.positions] == [(4711, 5)]
    assert view.foreign.realised_usd == Decimal("-2.00") * 2 * 100
    assert view.foreign.fees_usd == Decimal("9.10")
    assert quantity > 0


def test_fees_of_ours_count() -> None:
    bench, number, _ = held("1.60")
    mark(bench, number, 1.60)
    bench.post(ev.CommissionReported(ts_ns=bench.now_ns, exec_id="t.1.01", commission=Decimal("3.25"), currency="USD"))
    assert bench.engine.valuation.fees_usd == Decimal("3.25")
    assert bench.engine.valuation.day_result_usd() == Decimal("-3.25")


def test_the_daily_loss_breaker_counts_what_is_open() -> None:
    bench, number, quantity = held("1.60")
    limit = Decimal("1.00") * 100 * quantity
    bench = EngineBench(armed_settings(changes={"risk": {"max_daily_loss_usd": str(limit)}})).ready()
    intent = bench.hold(price="1.60")
    bench.advance(0.2).prints()
    mark(bench, intent.instrument_id, 0.61)
    assert "daily_loss" not in bench.blocks()
    mark(bench, intent.instrument_id, 0.60)
    assert "daily_loss" in bench.blocks()
    assert number == intent.instrument_id


def test_the_daily_loss_breaker_counts_a_position_without_a_bid_as_lost() -> None:
    bench = EngineBench(armed_settings(changes={"risk": {"max_daily_loss_usd": 500}})).ready()
    intent = bench.hold(price="1.60")
    bench.advance(0.2).prints()
    assert "daily_loss" not in bench.blocks()
    bench.engine.state.market.quote(bench.now_ns, intent.instrument_id, float("nan"), 0, 0.05, 9)
    assert "daily_loss" in bench.blocks()


def test_the_result_of_a_trade_is_of_its_own_executions() -> None:
    bench = EngineBench(armed_settings()).ready()
    intent = bench.hold(price="1.60")
    bench.execute(intent.con_id, "BUY", 3, "9.00")
    bench.fill(intent, Leg.TARGET, intent.tickets[0].quantity, "2.00")
    trade = bench.trade(intent)
    assert bench.engine.valuation.result_usd(trade) == Decimal("0.40") * 100 * intent.tickets[0].quantity
