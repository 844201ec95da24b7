"""Which options are quoted: what is held first, then what the strategies want, within the lines that may be spent.

strategies' watch plans ─┐
contracts held ──────────┴─► one set for all underlyings ─► WatchOptions ─► market data lines
"""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from itertools import zip_longest
from typing import Any

from alphatrader.domain.contracts import OptionKey
from alphatrader.engine.blotter import Blotter
from alphatrader.engine.commands import Command, Notify, WatchOptions
from alphatrader.engine.shadows import Shadows
from alphatrader.engine.state import EngineState, SymbolState
from alphatrader.execution.trade import Trade
from alphatrader.strategies.base import Strategy, WatchPlan, WatchView

_ASK_AGAIN_S = 30
"""Wall seconds after which the contract of something that is held is asked for again."""
_MOVE_IN_STRIKES = 0.75
"""Spot must have moved by this part of the distance between strikes before the lines are chosen anew."""


class Watchers:
    """Keeps the watched options abreast of spot, of what is held and of what is listed."""

    def __init__(
        self, state: EngineState, book: Blotter, shadows: Shadows, strategies: Sequence[Strategy[Any]]
    ) -> None:
        self._state = state
        self._book = book
        self._shadows = shadows
        self._strategies = strategies
        self._watched: tuple[OptionKey, ...] = ()
        self._wanted: dict[str, tuple[tuple[OptionKey, ...], ...]] = {}
        """The keys of each plan of a symbol, nearest strikes first."""
        self._chosen_at: dict[str, tuple[float, int, float]] = {}
        """Spot, number of listed classes, and how far spot may move, at the last choice."""
        self._held: list[OptionKey] = []
        self._asked_ns = 0
        self._short = False

    def step(self) -> list[Command]:
        """Return the watch list if it must change."""
        changed = False
        for symbol in self._state.symbols.values():
            changed |= self._choose(symbol)
        held = self._book.contracts_held() + self._shadows.contracts()
        if not changed and held == self._held:
            return self._ask_again()
        self._held = held
        return self._watch(held)

    def _ask_again(self) -> list[Command]:
        """Ask for what is held and has no contract at this start yet: without one no exit of it can be priced."""
        state = self._state
        missing = any(trade.instrument is None and self._trades(trade) for trade in self._book.open_trades)
        due = state.now_ns - self._asked_ns >= int(_ASK_AGAIN_S * 1e9 * state.time_scale)
        if not (missing and due and state.link.healthy):
            return []
        self._asked_ns = state.now_ns
        return [WatchOptions(self._watched)]

    def _trades(self, trade: Trade) -> bool:
        last_ns = trade.deadline.last_trade_ns if trade.deadline is not None else None
        return last_ns is None or self._state.now_ns < last_ns

    def _choose(self, symbol: SymbolState) -> bool:
        """Ask the strategies again if spot has left its place or the listing has changed; True if they were asked."""
        if symbol.instrument is None or not symbol.universes:
            return False
        spot = self._state.market.mid(symbol.instrument.instrument_id)
        if spot is None:
            return False
        at, classes, room = self._chosen_at.get(symbol.symbol, (0.0, 0, 0.0))
        if classes == len(symbol.universes) and abs(spot - at) < room:
            return False
        room = _MOVE_IN_STRIKES * self._gap(symbol, spot)
        self._chosen_at[symbol.symbol] = (spot, len(symbol.universes), room)
        view = WatchView(symbol.symbol, self._state.run.session_date, spot, symbol.expiries)
        plans = [
            plan
            for strategy in self._strategies
            if symbol.symbol in self._state.settings.symbols_of(strategy.name)
            for plan in strategy.watch(view)
        ]
        self._wanted[symbol.symbol] = tuple(self._keys(symbol, spot, plan) for plan in plans)
        return True

    def _gap(self, symbol: SymbolState, spot: float) -> float:
        """Distance between the strikes around spot, in dollars."""
        strikes = sorted({strike for universe in symbol.universes.values() for strike in universe.strikes})
        near = sorted(strikes, key=lambda strike: abs(float(strike) - spot))[:3]
        return min((float(abs(a - b)) for a in near for b in near if a != b), default=0.0)

    def _keys(self, symbol: SymbolState, spot: float, plan: WatchPlan) -> tuple[OptionKey, ...]:
        universe = symbol.universe_of(plan.expiry)
        if universe is None:
            return ()

        def distance(strike: Decimal) -> tuple[float, Decimal]:
            return abs(float(strike) - spot), strike

        return tuple(
            OptionKey(symbol.symbol, plan.expiry, strike, right, universe.trading_class)
            for strike in sorted(universe.strikes, key=distance)[: plan.strikes]
            for right in plan.rights
        )

    def _watch(self, held: Iterable[OptionKey]) -> list[Command]:
        """Share the lines out: held contracts all, then a line of each plan in turn."""
        keys = dict.fromkeys(sorted(held))
        room = max(0, self._state.settings.max_option_lines - len(keys))
        plans = [plan for wanted in self._wanted.values() for plan in wanted]
        turns = (key for turn in zip_longest(*plans) for key in turn if key is not None and key not in keys)
        wanted = list(dict.fromkeys(turns))
        keys.update(dict.fromkeys(wanted[:room]))
        commands: list[Command] = []
        short = len(wanted) > room
        if short and not self._short:
            text = f"the strategies want {len(wanted)} option lines, {room} are free: raise engine.max_option_lines"
            commands.append(Notify("warning", "contract.lines_short", text))
        self._short = short
        watched = tuple(sorted(keys))
        if watched == self._watched:
            return commands
        self._watched, self._asked_ns = watched, self._state.now_ns
        return [*commands, WatchOptions(watched)]
