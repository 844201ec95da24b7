"""The event sink as the adapter's callbacks see it.

An exception inside it is marked, so that it ends the adapter instead of being blamed on the gateway's message.
"""

from collections.abc import Callable
from typing import ParamSpec

from alphatrader.adapters.ibkr.faults import SinkError
from alphatrader.domain.events import ControlEvent
from alphatrader.ports import EventSink

P = ParamSpec("P")


class MarkedSink:
    """Forwards to the engine's sink. Implements :class:`alphatrader.ports.EventSink`."""

    def __init__(self, sink: EventSink) -> None:
        self.trade = _marked(sink.trade)
        self.quote = _marked(sink.quote)
        self.depth = _marked(sink.depth)
        self.depth_reset = _marked(sink.depth_reset)
        self.market_rows = _marked(sink.market_rows)
        self.now_ns = sink.now_ns
        self._post = _marked(sink.post)

    def post(self, event: ControlEvent) -> None:
        """Take a control event."""
        self._post(event)


def _marked(method: Callable[P, None]) -> Callable[P, None]:
    def forward(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            method(*args, **kwargs)
        except Exception as error:
            raise SinkError(f"the engine failed on an event of the broker: {error!r}") from error

    return forward
