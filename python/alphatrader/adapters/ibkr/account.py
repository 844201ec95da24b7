"""Account figures: the gateway pushes them in batches; each batch is posted as one AccountReported."""

from contextlib import suppress

from alphatrader.domain.events import AccountReported
from alphatrader.ports import EventSink

FIGURES = frozenset(
    {
        "NetLiquidation",
        "AvailableFunds",
        "ExcessLiquidity",
        "BuyingPower",
        "TotalCashValue",
        "InitMarginReq",
        "MaintMarginReq",
        "GrossPositionValue",
        "RealizedPnL",
        "UnrealizedPnL",
        "DayTradesRemaining",
    }
)
CURRENCIES = frozenset({"USD", "BASE", ""})


class AccountFigures:
    """Collects figures in dollars; those in another currency are left out."""

    def __init__(self, sink: EventSink) -> None:
        self._sink = sink
        self._values: dict[str, float] = {}
        self._account = ""
        self._changed = False

    def value(self, tag: str, value: str, currency: str, account: str) -> None:
        """Take accountValue (6)."""
        if tag not in FIGURES or currency not in CURRENCIES:
            return
        with suppress(ValueError):  # some figures are "N/A" for some kinds of account
            number = float(value)
            self._account = account
            self._changed = self._changed or self._values.get(tag) != number
            self._values[tag] = number

    def batch_end(self, _account_or_time: str) -> None:
        """Take acctUpdateTime (8) or accountDownloadEnd (54): a batch is whole."""
        if self._changed:
            self._changed = False
            self._sink.post(
                AccountReported(ts_ns=self._sink.now_ns(), account=self._account, values=dict(self._values))
            )
