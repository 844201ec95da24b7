"""The errors of the system. Each message says what happened, why, and what to do.

AlphaTraderError
├── ConfigError            a setting is wrong; nothing was started
├── DataError              input that cannot be read or trusted
├── LinkError              a server cannot be reached or was lost
│   ├── PacingError        it refused because we asked too fast
│   └── UnansweredError    it was asked and did not answer: it may have done what was asked
├── PeerRefusedError       another process of ours answered that it will not do what was asked
├── JournalError           the journal cannot be written: new risk must stop
│   └── FencedError        another writer took over: this process must not send orders
├── StoreError             Redis cannot be reached; the trader goes on without entries
├── OrderRefusedError      an order was refused before it left
└── ClosedMarketError      there is no session to trade
"""


class AlphaTraderError(Exception):
    """Base class. ``exit_code`` is the process's exit status where the error ends it."""

    exit_code = 1


class ConfigError(AlphaTraderError):
    """A setting is wrong; nothing was started."""

    exit_code = 2


class DataError(AlphaTraderError):
    """Input that cannot be read or trusted."""

    exit_code = 3


class LinkError(AlphaTraderError):
    """A server cannot be reached or the link to it was lost."""

    exit_code = 4


class PacingError(LinkError):
    """The server refused because requests came too fast."""


class UnansweredError(LinkError):
    """A request was sent and its answer never came: it may have been carried out."""


class PeerRefusedError(AlphaTraderError):
    """Another process of ours answered that it will not do what was asked; the message holds its own words."""


class JournalError(AlphaTraderError):
    """The journal cannot be written: new risk must stop."""

    exit_code = 5


class FencedError(JournalError):
    """Another writer holds the right to send orders: this process must not."""

    exit_code = 6


class StoreError(AlphaTraderError):
    """Redis cannot be reached."""

    exit_code = 7


class OrderRefusedError(AlphaTraderError):
    """An order was refused before it was sent."""


class ClosedMarketError(AlphaTraderError):
    """There is no session to trade now."""

    exit_code = 8
