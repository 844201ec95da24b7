"""Underlyings, prints, depth, options and history over a real socket."""

import asyncio
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from tests.adapters.ibkr.scripted_gateway import (
    CANCEL_MKT_DATA,
    CONTRACT_DETAILS,
    HISTORICAL_TICKS,
    MKT_DEPTH,
    REQ_MKT_DATA,
    SEC_DEF,
    TICK_BY_TICK,
    error,
    option_con_id,
    spy_details,
)

from alphatrader.domain.contracts import OptionKey, Right
from alphatrader.domain.errors import DataError, LinkError
from alphatrader.domain.events import ContractUnavailable, InstrumentAdded, OptionUniverse


def call(strike: str) -> OptionKey:
    return OptionKey("SPY", "20251121", Decimal(strike), Right.CALL)


async def _spy(r) -> tuple[str, str, str]:
    """Subscribe to SPY as instrument 1; return the request ids of quote, prints and depth."""
    instrument = await r.adapter.subscribe_underlying("SPY", 1)
    assert (instrument.con_id, instrument.kind, instrument.min_tick) == (756733, "stock", Decimal("0.01"))
    await r.sink.until(lambda: r.gateway.seen(MKT_DEPTH))
    return r.gateway.seen(REQ_MKT_DATA)[0][2], r.gateway.seen(TICK_BY_TICK)[0][1], r.gateway.seen(MKT_DEPTH)[0][2]


async def test_underlying_subscribes_to_three_streams(rig) -> None:
    async with rig() as r:
        await _spy(r)
        (details,) = r.gateway.seen(CONTRACT_DETAILS)
        assert details[4:6] == ["SPY", "STK"]
        assert details[10:13] == ["SMART", "ARCA", "USD"]
        (data,) = r.gateway.seen(REQ_MKT_DATA)
        assert data[3:5] == ["756733", "SPY"]
        assert "233" in data
        assert r.gateway.seen(TICK_BY_TICK)[0][-3:] == ["AllLast", "0", "0"]
        assert r.gateway.seen(MKT_DEPTH)[0][-3:] == ["10", "1", ""]


async def test_quotes_are_whole_and_in_order_with_prints(rig) -> None:
    async with rig() as r:
        quote, prints, _ = await _spy(r)
        r.gateway.push(
            [1, 6, quote, 1, "650.01", "300", 1],
            [2, 6, quote, 0, "300"],
            [1, 6, quote, 2, "650.02", "500", 1],
            [2, 6, quote, 3, "500"],
            [99, prints, 2, 1763739000, "650.02", "100", 0, "ARCA", "F T"],
            [1, 6, quote, 1, "650.02", "200", 1],
            [1, 6, quote, 2, "650.03", "400", 1],
        )
        r.gateway.push([2, 6, quote, 3, "450"], [1, 6, quote, 1, "-1", "0", 0])
        await r.sink.until(lambda: len(r.sink.rows) >= 4)
        assert r.sink.rows == [
            ("quote", 1, 650.01, 300.0, 650.02, 500.0),
            ("trade", 1, 650.02, 100.0, "ARCA", "F T", None),
            ("quote", 1, 650.02, 200.0, 650.03, 400.0),
            ("quote", 1, None, 0.0, 650.03, 450.0),
        ]


async def test_rt_volume_counts_only_where_tick_by_tick_is_refused(rig) -> None:
    async with rig() as r:
        quote, prints, _ = await _spy(r)
        volume = [46, 6, quote, 48, "650.05;7;1763739000123;1000;650.0;true"]
        r.gateway.push(volume)
        r.gateway.push(error(prints, 10190, "Max number of tick-by-tick requests has been reached."))
        r.gateway.push([46, 6, quote, 48, ";0;1763739000123;1000;650.0;true"], volume)
        await r.sink.until(lambda: r.sink.rows)
        assert r.sink.rows == [("trade", 1, 650.05, 7.0, "", "", None)]


async def test_depth_rows_pass_unfolded(rig) -> None:
    async with rig() as r:
        _, _, depth = await _spy(r)
        r.gateway.push(
            [13, 1, depth, 0, "ARCA", 0, 1, "650.01", "300", 1],
            [13, 1, depth, 0, "NSDQ", 0, 1, "650.02", "100", 1],
            [12, 1, depth, 0, 1, 0, "650.03", "200"],
            [13, 1, depth, 1, "ARCA", 2, 1, "0", "0", 1],
            error(depth, 317, "Market depth data has been RESET. Please empty deep book contents before applying."),
            [13, 1, depth, 3, "ARCA", 1, 0, "650.05", "1", 1],
        )
        await r.sink.until(lambda: len(r.sink.rows) == 6)
        assert r.sink.rows == [
            ("depth", 1, 0, 1, 0, 650.01, 300.0, "ARCA"),
            ("depth", 1, 0, 1, 0, 650.02, 100.0, "NSDQ"),
            ("depth", 1, 1, 0, 0, 650.03, 200.0, ""),
            ("depth", 1, 2, 1, 1, 0.0, 0.0, "ARCA"),
            ("depth_reset", 1),
            ("depth", 1, 1, 0, 3, 650.05, 1.0, "ARCA"),
        ]


async def test_halted_depth_is_renewed(rig) -> None:
    async with rig() as r:
        _, _, depth = await _spy(r)
        r.gateway.push(error(depth, 316, "Market depth data has been HALTED. Please re-subscribe."))
        await r.sink.until(lambda: len(r.gateway.seen(MKT_DEPTH)) == 2)
        assert r.gateway.seen(11)[0][2] == depth


async def test_delayed_ticks_are_dropped_unless_wanted(rig) -> None:
    async with rig() as r:
        quote, _, _ = await _spy(r)
        r.gateway.push([1, 6, quote, 66, "640.00", "1", 0], [1, 6, quote, 1, "650.00", "1", 0])
        await r.sink.until(lambda: r.sink.rows)
        assert r.sink.rows == [("quote", 1, 650.0, 1.0, None, 0.0)]
    async with rig(market_data_type=3) as r:
        await r.adapter.subscribe_underlying("SPY", 1)
        await r.sink.until(lambda: len(r.gateway.seen(REQ_MKT_DATA)) == 2)
        r.gateway.push([1, 6, r.gateway.seen(REQ_MKT_DATA)[1][2], 66, "640.00", "1", 0])
        await r.sink.until(lambda: r.sink.rows)
        assert r.sink.rows == [("quote", 1, 640.0, 1.0, None, 0.0)]


@pytest.mark.parametrize("symbol", ["NOPE", "SPY"])
async def test_unknown_or_ambiguous_underlying(rig, symbol: str) -> None:
    async with rig() as r:
        if symbol == "SPY":
            r.gateway.answers[CONTRACT_DETAILS] = lambda g, f: g.push(
                spy_details(f[2]), spy_details(f[2], con_id=5, primary="TSE"), [52, 1, f[2]]
            )
        with pytest.raises(DataError, match=symbol):
            await r.adapter.subscribe_underlying(symbol, 1)


async def test_option_lines_follow_the_wanted_set(rig) -> None:
    async with rig() as r:
        await r.adapter.watch_options([call("651"), call("652.5"), call("650")])
        added = r.sink.of(InstrumentAdded)
        assert [(e.instrument.instrument_id, e.instrument.con_id) for e in added] == [
            (1000, option_con_id("651", "C")),
            (1001, option_con_id("650", "C")),
        ]
        assert added[0].instrument.option == call("651")
        assert added[0].instrument.multiplier == 100
        (missing,) = r.sink.of(ContractUnavailable)
        assert "652.5" in missing.key
        await r.sink.until(lambda: len(r.gateway.seen(REQ_MKT_DATA)) == 2)
        asked = len(r.gateway.seen(CONTRACT_DETAILS))

        await r.adapter.watch_options([call("650"), call("652"), call("652.5")])
        await r.sink.until(lambda: len(r.gateway.seen(REQ_MKT_DATA)) == 3)
        assert r.sink.of(InstrumentAdded)[-1].instrument.instrument_id == 1002
        assert [f[2] for f in r.gateway.seen(CANCEL_MKT_DATA)] == [r.gateway.seen(REQ_MKT_DATA)[0][2]]
        # 652 is new; what was asked once is not asked again, listed or not.
        assert len(r.gateway.seen(CONTRACT_DETAILS)) == asked + 1

        await r.adapter.watch_options([])
        await r.sink.until(lambda: len(r.gateway.seen(CANCEL_MKT_DATA)) == 3)


async def test_lines_run_out(rig) -> None:
    async with rig(max_lines=1) as r:
        await r.adapter.watch_options([call("650"), call("651")])
        assert [e.instrument.option for e in r.sink.of(InstrumentAdded)] == [call("650")]
        assert "market data lines" in r.sink.of(ContractUnavailable)[0].reason


async def test_no_permission_for_an_option_is_told(rig) -> None:
    async with rig() as r:
        await r.adapter.watch_options([call("650")])
        line = (await r.sink.until(lambda: r.gateway.seen(REQ_MKT_DATA)))[0][2]
        r.gateway.push(error(line, 354, "Requested market data is not subscribed."))
        (event,) = await r.sink.until(lambda: r.sink.of(ContractUnavailable))
        assert "354" in event.reason


async def test_model_ticks_of_the_quote_keep_it_young(rig) -> None:
    async with rig() as r:
        await r.adapter.watch_options([call("650")])
        line = (await r.sink.until(lambda: r.gateway.seen(REQ_MKT_DATA)))[0][2]
        greeks = ["0", "0.15", "0.5", "1.2", "0", "0.05", "0.1", "-0.2", "650.0"]
        r.gateway.push([21, line, 10, *greeks], [1, 6, line, 1, "1.20", "10", 1])
        await r.sink.until(lambda: r.sink.rows)
        r.gateway.push([21, line, 13, *greeks])
        r.gateway.push([21, line, 10, *greeks])
        await r.sink.until(lambda: len(r.sink.rows) == 2)
        assert r.sink.rows[0] == r.sink.rows[1] == ("quote", 1000, 1.2, 10.0, None, 0.0)


async def test_option_universe_prefers_the_router(rig) -> None:
    async with rig() as r:
        r.gateway.answers[SEC_DEF] = lambda g, f: g.push(
            [75, f[1], "CBOE", 756733, "SPY", "100", 1, "20251121", 1, "650.0"],
            [75, f[1], "SMART", 756733, "SPY", "100", 2, "20251124", "20251121", 3, "651.0", "650.0", "650.5"],
            [75, f[1], "CBOE", 756733, "2SPY", "100", 1, "20251219", 1, "600.0"],
            [76, f[1]],
        )
        await r.adapter.option_universe(await r.adapter.subscribe_underlying("SPY", 1))
        other, spy = r.sink.of(OptionUniverse)
        assert other.trading_class == "2SPY"
        assert spy.expiries == ("20251121", "20251124")
        assert [str(strike) for strike in spy.strikes] == ["650.0", "650.5", "651.0"]
        assert spy.multiplier == 100


async def test_resubscribe_renews_one_stream(rig) -> None:
    async with rig() as r:
        quote, _, _ = await _spy(r)
        await r.adapter.resubscribe(1, "quote")
        await r.sink.until(lambda: len(r.gateway.seen(REQ_MKT_DATA)) == 2)
        assert [f[2] for f in r.gateway.seen(CANCEL_MKT_DATA)] == [quote]
        with pytest.raises(DataError):
            await r.adapter.resubscribe(77, "quote")


def _serve_history(ticks: list[tuple[int, str]]):
    """Answer like the gateway: the last ``n`` ticks before the end, whole seconds at the start of a page."""

    def answer(gateway, fields) -> None:
        req_id, end, count = fields[1], fields[16], int(fields[17])
        end_s = datetime.strptime(end, "%Y%m%d-%H:%M:%S").replace(tzinfo=UTC).timestamp()
        page = [tick for tick in ticks if tick[0] < end_s][-count:]
        rows: list[object] = []
        for second, price in page:
            rows += [second, 0, price, "100", "ARCA", "T"]
        gateway.push([98, req_id, len(page), *rows, 1])

    return answer


async def test_history_is_paged_backwards_and_fed_forwards_without_gaps_or_doubles(rig) -> None:
    start = 1_763_735_400
    ticks = [(start + n // 3, f"{600 + n * 0.01:.2f}") for n in range(2_500)]
    async with rig() as r:
        spy = await r.adapter.subscribe_underlying("SPY", 1)
        r.gateway.answers[HISTORICAL_TICKS] = _serve_history(ticks)
        ns = 1_000_000_000
        count = await r.adapter.history(spy, start * ns, (start + 3_600) * ns, max_requests=10)
        rows = [row for row in r.sink.rows if row[0] == "trade"]
        assert count == len(rows) == 2_500
        assert [(row[6] // ns, f"{row[2]:.2f}") for row in rows] == ticks

        r.sink.rows.clear()
        assert await r.adapter.history(spy, start * ns, (start + 3_600) * ns, max_requests=1) == 997
        assert [row for row in r.sink.rows if row[0] == "trade"][-1][2] == pytest.approx(624.99)


async def test_history_that_is_not_there(rig) -> None:
    async with rig() as r:
        spy = await r.adapter.subscribe_underlying("SPY", 1)
        r.gateway.answers[HISTORICAL_TICKS] = lambda g, f: g.push(
            error(f[1], 162, "Historical Market Data Service error message:HMDS query returned no data: SPY@SMART")
        )
        assert await r.adapter.history(spy, 0, 10**18, max_requests=3) == 0
        # A gateway that paces ends the warm-up early; any other refusal is an error.
        r.gateway.answers[HISTORICAL_TICKS] = lambda g, f: g.push(error(f[1], 162, "pacing violation"))
        assert await r.adapter.history(spy, 0, 10**18, max_requests=3) == 0
        r.gateway.answers[HISTORICAL_TICKS] = lambda g, f: g.push(error(f[1], 10187, "no permissions"))
        with pytest.raises(DataError, match="permissions"):
            await r.adapter.history(spy, 0, 10**18, max_requests=3)


async def test_link_lost_while_options_are_looked_up(rig) -> None:
    async with rig() as r:
        answer = r.gateway.answers[CONTRACT_DETAILS]
        r.gateway.answers[CONTRACT_DETAILS] = lambda g, _: g.drop()
        with pytest.raises(LinkError):
            await r.adapter.watch_options([call("650"), call("651")])
        r.gateway.answers[CONTRACT_DETAILS] = answer
        await r.sink.until(lambda: len(r.gateway.seen(REQ_MKT_DATA)) == 2)
        assert [e.instrument.instrument_id for e in r.sink.of(InstrumentAdded)] == [1000, 1001]


async def test_a_passing_refusal_of_one_option_spares_the_others_and_is_asked_again(rig) -> None:
    async with rig() as r:
        answer = r.gateway.answers[CONTRACT_DETAILS]
        busy = error("x", 321, "Error validating request")

        def refuse_650(gateway, fields) -> None:
            if fields[7] == "650.0":
                gateway.push([*busy[:2], fields[2], *busy[3:]])
            else:
                answer(gateway, fields)

        r.gateway.answers[CONTRACT_DETAILS] = refuse_650
        await r.adapter.watch_options([call("650"), call("651")])
        assert "321" in r.sink.of(ContractUnavailable)[0].reason
        assert [e.instrument.option for e in r.sink.of(InstrumentAdded)] == [call("651")]
        r.gateway.answers[CONTRACT_DETAILS] = answer
        await r.adapter.watch_options([call("650"), call("651")])
        assert [e.instrument.option for e in r.sink.of(InstrumentAdded)] == [call("651"), call("650")]


async def test_watching_while_the_link_breaks_is_made_good(rig) -> None:
    async with rig() as r:
        await r.adapter.watch_options([call("650")])
        await r.sink.until(lambda: r.gateway.seen(REQ_MKT_DATA))
        r.gateway.drop()
        await r.sink.until(lambda: not r.adapter.healthy)
        await r.sink.until(lambda: r.adapter.healthy)
        await r.sink.until(lambda: len(r.gateway.seen(REQ_MKT_DATA)) == 2)
        await asyncio.sleep(0)
        assert len(r.sink.of(InstrumentAdded)) == 1
