"""What the engine knows of the world."""

import pytest
from tests.doubles.engine_market import CLOSE_NS, DATE, OPEN_NS, SPY

from alphatrader.domain.contracts import Instrument
from alphatrader.domain.events import OptionUniverse, RunStarted
from alphatrader.engine.settings import EngineSettings
from alphatrader.engine.state import EngineState, SymbolState


def started(time_scale: float = 1.0) -> EngineState:
    state = EngineState(EngineSettings())
    state.start(
        RunStarted(
            ts_ns=OPEN_NS, run_id="t", mode="paper", seed=0, time_scale=time_scale, settings="{}", build="test",
            session_date=DATE, session_open_ns=OPEN_NS, session_close_ns=CLOSE_NS,
        )
    )  # fmt: skip
    return state


def universe(trading_class: str, *expiries: str) -> OptionUniverse:
    return OptionUniverse(
        ts_ns=0, symbol="SPX", trading_class=trading_class, multiplier=100, expiries=expiries, strikes=()
    )


@pytest.mark.parametrize(
    ("now_ns", "open_"), [(OPEN_NS - 1, False), (OPEN_NS, True), (CLOSE_NS - 1, True), (CLOSE_NS, False)]
)
def test_the_session_runs_from_its_open_to_before_its_close(now_ns: int, open_: bool) -> None:
    state = started()
    state.now_ns = now_ns
    assert state.in_session is open_


@pytest.mark.parametrize(("given", "used"), [(0.5, 1.0), (1.0, 1.0), (60.0, 60.0)])
def test_limits_of_the_wall_never_shrink_with_the_market(given: float, used: float) -> None:
    assert started(given).time_scale == used


def test_outputs_are_drained_once() -> None:
    state = started()
    state.outputs += [b"a", b"b"]
    assert state.drain_outputs() == [b"a", b"b"]
    assert state.drain_outputs() == []


def test_an_instrument_is_known_by_number_contract_and_symbol() -> None:
    state = started()
    for _ in range(2):
        state.add_instrument(SPY)
    assert (state.instruments[1], state.by_con_id[SPY.con_id], state.symbols["SPY"].instrument) == (SPY, SPY, SPY)
    state.market.quote(1, 1, 649.0, 1, 651.0, 1)
    state.add_instrument(SPY)
    assert state.market.mid(1) == 650.0, "a repetition forgets nothing"


def test_an_underlying_that_nobody_asked_for_is_no_symbol() -> None:
    state = started()
    state.add_instrument(Instrument(9, "IWM", 9579970, "stock", SPY.min_tick))
    assert list(state.symbols) == ["SPY"]


def test_expiries_are_those_of_all_classes_in_order() -> None:
    symbol = SymbolState("SPX")
    symbol.universes = {"SPX": universe("SPX", "20251219"), "SPXW": universe("SPXW", "20251124", "20251219")}
    assert symbol.expiries == ("20251124", "20251219")


def test_of_several_classes_of_an_expiry_the_one_that_settles_on_the_close_is_traded() -> None:
    symbol = SymbolState("SPX")
    symbol.universes = {"SPX": universe("SPX", "20251219", "20260116"), "SPXW": universe("SPXW", "20251219")}
    classes = [found.trading_class if (found := symbol.universe_of(e)) else None for e in ("20251219", "20260116", "1")]
    assert classes == ["SPXW", "SPX", None]
