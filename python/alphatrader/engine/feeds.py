"""Liveness of every feed by the age of its content. A mute stream is re-subscribed, and entries halt until it speaks.

A connected socket proves nothing: only new content does. Ages are compared in market time with an allowance for
transport (see :class:`alphatrader.engine.settings.FeedLimits`). Before the open nothing is expected.
"""

from dataclasses import dataclass
from typing import Literal

from alphatrader.domain.signals import Denial
from alphatrader.domain.view import FeedView
from alphatrader.engine.commands import Command, Notify, Resubscribe
from alphatrader.engine.state import EngineState, SymbolState

_WINDOW_S = 60
"""Length of the flow windows: after a gap they mislead until they are filled anew."""

Stream = Literal["quote", "trade", "depth"]
_STREAMS: tuple[Stream, ...] = ("quote", "trade", "depth")
FeedState = Literal["live", "stale", "off", "waiting"]


@dataclass(slots=True)
class _Watch:
    stale: bool = False
    stale_since_ns: int = 0
    resubscribed_ns: int = 0


class FeedMonitor:
    """Watches quote, trade and depth of every underlying, and the chain."""

    def __init__(self, state: EngineState) -> None:
        self._state = state
        self._watches: dict[tuple[str, str], _Watch] = {}
        self._stale: set[str] = set()
        """Symbols with a stream that is judged stale."""
        self._live_since_ns = 0
        self._whole_since_ns: dict[str, int] = {}
        self._limits_scale = 0.0
        self._limits = (0, 0, 0)

    def start(self) -> None:
        """Begin to expect live data (at the end of the warm-up)."""
        # From the open on, where the warm-up was over before it: neither ages nor flow windows count from the night.
        self._live_since_ns = max(self._state.now_ns, self._state.run.session_open_ns)
        self._whole_since_ns = dict.fromkeys(self._state.symbols, self._live_since_ns)

    def step(self) -> list[Command]:
        """Re-judge every feed; return re-subscriptions and lines for people."""
        state = self._state
        if state.warming_up or not state.in_session:
            return []
        commands: list[Command] = []
        for symbol in state.symbols.values():
            if symbol.symbol not in self._stale and self._all_young(symbol):
                continue  # nearly every look: nothing to judge
            for stream, (age_ns, limit_ns) in self._ages(symbol).items():
                commands += self._judge(symbol, stream, age_ns, limit_ns)
        return commands

    def _all_young(self, symbol: SymbolState) -> bool:
        """Whether no stream of a symbol is older than its limit: the quick form of :meth:`_ages`."""
        if symbol.instrument is None:
            return True
        state = self._state
        newest = state.market.stream_ts_ns(symbol.instrument.instrument_id)
        oldest_ns = state.now_ns - self._live_since_ns
        now_ns = state.now_ns
        return all(
            oldest_ns <= limit_ns or now_ns - ts_ns <= limit_ns
            for ts_ns, limit_ns in zip(newest, self._limits_ns(), strict=True)
        )

    def _limits_ns(self) -> tuple[int, int, int]:
        """Limits of quote, trade and depth in market ns; they change only with the scale of time."""
        state = self._state
        scale = state.time_scale
        if scale != self._limits_scale:
            feeds = state.settings.feeds
            self._limits_scale, self._limits = (
                scale,
                (
                    feeds.market_limit_ns(feeds.quote_max_age_ms, scale),
                    feeds.market_limit_ns(feeds.trade_max_age_ms, scale),
                    feeds.market_limit_ns(feeds.depth_max_age_ms, scale),
                ),
            )
        return self._limits

    def blocks(self, symbol: str) -> list[Denial]:
        """Reasons of staleness that forbid entries in a symbol."""
        state = self._state
        own = state.symbols[symbol]
        if own.instrument is None:
            return [Denial("no_market_data", f"{symbol} is not subscribed yet")]
        denials = [
            Denial(f"feed_{stream}_stale", f"{symbol} {stream}s are silent for {age_ns / 1e9:.1f} s of market time")
            for stream, (age_ns, limit_ns) in self._ages(own).items()
            if age_ns > limit_ns
        ]
        missing_s = _WINDOW_S - (state.now_ns - self._whole_since_ns.get(symbol, state.now_ns)) / 1e9
        if not denials and missing_s > 0:
            denials.append(
                Denial("window_filling", f"{symbol}: {missing_s:.0f} s of market time until windows are whole")
            )
        age_ns = self._chain_age_ns(own)
        if age_ns is None:
            denials.append(Denial("chain_missing", f"{symbol}: no option chain yet {own.chain_error}".rstrip()))
        elif age_ns > self._chain_limit_ns():
            denials.append(Denial("chain_stale", f"{symbol}: the option chain is {age_ns / 1e9:.0f} s old"))
        return denials

    def views(self) -> list[FeedView]:
        """Describe every feed; ages in wall milliseconds."""
        state, scale = self._state, self._state.time_scale
        views = []
        for symbol in state.symbols.values():
            for stream, (age_ns, limit_ns) in self._ages(symbol).items():
                watch = self._watches.get((symbol.symbol, stream), _Watch())
                label: FeedState = "waiting" if state.warming_up else "stale" if age_ns > limit_ns else "live"
                detail = "re-subscribed" if watch.stale and watch.resubscribed_ns else ""
                # Nothing is expected yet while the past is fed, so there is no age.
                age_ms = None if label == "waiting" else age_ns / 1e6 / scale
                limit_ms = limit_ns / 1e6 / scale
                views.append(FeedView(f"{symbol.symbol} {stream}", label, age_ms, limit_ms, detail))
            age = self._chain_age_ns(symbol)
            limit = self._chain_limit_ns()
            label = "waiting" if age is None else "stale" if age > limit else "live"
            views.append(
                FeedView(
                    f"{symbol.symbol} chain",
                    label,
                    None if age is None else age / 1e6 / scale,
                    limit / 1e6 / scale,
                    symbol.chain_error,
                )
            )
        return views

    def _chain_age_ns(self, symbol: SymbolState) -> int | None:
        return None if symbol.exposure is None else self._state.now_ns - symbol.exposure.ts_ns

    def _chain_limit_ns(self) -> int:
        feeds = self._state.settings.feeds
        return feeds.market_limit_ns(feeds.chain_max_age_s * 1_000, self._state.time_scale)

    def _ages(self, symbol: SymbolState) -> dict[Stream, tuple[int, int]]:
        """(age, limit) of each stream in market ns; what is older than the start counts from there."""
        if symbol.instrument is None:
            return {}
        state = self._state
        newest = state.market.stream_ts_ns(symbol.instrument.instrument_id)
        return {
            stream: (max(0, state.now_ns - max(ts_ns, self._live_since_ns)), limit_ns)
            for stream, ts_ns, limit_ns in zip(_STREAMS, newest, self._limits_ns(), strict=True)
        }

    def _judge(self, symbol: SymbolState, stream: Stream, age_ns: int, limit_ns: int) -> list[Command]:
        state = self._state
        watch = self._watches.setdefault((symbol.symbol, stream), _Watch())
        if age_ns <= limit_ns:
            if not watch.stale:
                return []
            watch.stale = False
            if not any(self._watches[key].stale for key in self._watches if key[0] == symbol.symbol):
                self._stale.discard(symbol.symbol)
            self._whole_since_ns[symbol.symbol] = state.now_ns
            lasted_s = (state.now_ns - watch.stale_since_ns) / 1e9 / state.time_scale
            return [Notify("good", "feed.back", f"{symbol.symbol} {stream}s are back after {lasted_s:.1f} s")]
        commands: list[Command] = []
        if not watch.stale:
            watch.stale, watch.stale_since_ns, watch.resubscribed_ns = True, state.now_ns, 0
            self._stale.add(symbol.symbol)
            age_s = age_ns / 1e9 / state.time_scale
            text = f"{symbol.symbol} {stream}s silent for {age_s:.1f} s: entries paused, stream re-subscribed"
            commands.append(Notify("warning", "feed.silent", text))
        every_ns = int(state.settings.feeds.resubscribe_every_ms * 1e6 * state.time_scale)
        if (
            state.link.healthy
            and symbol.instrument
            and (not watch.resubscribed_ns or state.now_ns - watch.resubscribed_ns > every_ns)
        ):
            watch.resubscribed_ns = state.now_ns
            commands.append(Resubscribe(symbol.instrument.instrument_id, stream))
        return commands
