"""What to simulate: the few choices that fix a market completely."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from alphatrader import calendar
from alphatrader.domain.errors import ConfigError, DataError
from alphatrader.sim.market.scheduled import ScheduledEvent


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happens to the price on the first day of a scenario.

    It starts at a fraction of the regular session drawn from ``between`` and lasts ``minutes``; ``move`` is the log
    return it adds. After it trading may pause for ``pause_s``; ``reopens`` is the log return over the pause. With
    ``whole_market`` it befalls all underlyings, else the first stock alone.
    """

    between: tuple[float, float]
    minutes: float
    move: float
    pause_s: int = 0
    reopens: float = 0.0
    whole_market: bool = True


@dataclass(frozen=True, slots=True)
class Scenario:
    """The temper of a session: it alters flow, volatility and open interest, nothing else.

    ``noise_share`` is the part of the day's variance that is not driven by informed order flow; ``episode_gap_s`` the
    mean pause between episodes of one-sided flow; ``episode_move`` how far an average one moves the price, in standard
    deviations of its length. ``jumps_a_day``: news that reprices the market within seconds. ``drift_sd``: move of the
    regular session that is added, in standard deviations of a day; ``lean``: extra probability that an episode goes
    that way. ``restlessness`` weighs volatile regimes against calm ones (1 = as usual). ``pin``: how strongly the price
    is pulled to the round strike next to the previous close, per hour, and how many times open interest stands there.
    ``interest_walls`` and ``interest_puts``: how much of walls and puts there is in open interest, 1 as usual.
    """

    volatility_factor: float
    noise_share: float
    episode_gap_s: float
    episode_move: float
    rate_factor: float
    jumps_a_day: float = 0.25
    drift_sd: float = 0.0
    lean: float = 0.0
    restlessness: float = 1.0
    pin: float = 0.0
    pinned_interest: float = 1.0
    interest_walls: float = 1.0
    interest_puts: float = 1.0
    event: Event | None = None


SCENARIOS = {
    "regular": Scenario(1.0, 0.50, 200.0, 2.4, 1.0),
    "quiet": Scenario(0.6, 0.95, 1500.0, 1.2, 0.6, jumps_a_day=0.0, restlessness=0.2),
    "volatile": Scenario(1.8, 0.45, 140.0, 2.6, 1.6, jumps_a_day=2.0, restlessness=3.0),
    "trend_up": Scenario(1.0, 0.50, 180.0, 2.4, 1.1, jumps_a_day=0.1, drift_sd=1.2, lean=0.15),
    "trend_down": Scenario(1.2, 0.50, 180.0, 2.4, 1.2, jumps_a_day=0.1, drift_sd=-1.2, lean=-0.15),
    "crash": Scenario(
        1.6, 0.50, 150.0, 2.6, 1.6, 1.0, restlessness=3.0, lean=-0.1, event=Event((0.55, 0.65), 45.0, -0.045)
    ),
    "walls": Scenario(1.0, 0.50, 200.0, 2.4, 1.0, interest_walls=4.0),
    "fearful": Scenario(1.4, 0.50, 180.0, 2.4, 1.2, restlessness=1.5, interest_puts=2.5),
    "pinned": Scenario(0.7, 0.80, 500.0, 1.4, 0.9, 0.0, restlessness=0.3, pin=2.5, pinned_interest=8.0),
    "halt": Scenario(
        1.3, 0.50, 180.0, 2.4, 1.3,
        event=Event((0.56, 0.66), 5.0, -0.055, pause_s=300, reopens=0.02, whole_market=False),
    ),
    "circuit_breaker": Scenario(
        2.0, 0.50, 140.0, 2.6, 2.0, 1.0, restlessness=3.0, lean=-0.1,
        event=Event((0.55, 0.62), 30.0, -0.075, pause_s=900, reopens=0.012),
    ),
}  # fmt: skip
"""By name. ``halt``: a fall of one stock out of its price band (LULD), a pause of five minutes, a reopening auction;
``circuit_breaker``: the whole market falls by 7% and pauses for a quarter of an hour."""

_EARLIEST, _LATEST = "04:00", "20:00"


@dataclass(frozen=True, slots=True)
class MarketSpec:
    """The seed and setting of a simulated market: equal specs give equal markets.

    ``session_date`` None means the latest full session on or before today (with a tape: the tape's date).
    ``start_fraction`` is the part of the regular session that is already history when the market starts; ``start_at``
    (``HH:MM[:SS]`` New York, 04:00 to 20:00) sets the clock instead, extended hours included. ``days`` "roll" goes on
    with the next session after the day, "one" ends; a tape always ends. Raises ConfigError.
    """

    seed: int
    session_date: str | None = None
    symbols: tuple[str, ...] = field(default=("SPY",))
    start_fraction: float = 0.5
    tape: Path | None = None
    tape_quotes: Path | None = None
    scenario: str = "regular"
    start_at: str | None = None
    days: Literal["roll", "one"] = "roll"
    option_conditions: bool = True
    """Whether prints of options carry sale conditions."""
    events: tuple[ScheduledEvent, ...] = ()
    """Known beforehand, so that options spanning one are dearer."""

    def __post_init__(self) -> None:
        if self.seed < 0:
            raise ConfigError(f"the seed must not be negative (was {self.seed})")
        if not 0.0 <= self.start_fraction < 1.0:
            raise ConfigError(f"start_fraction must be in [0, 1) (was {self.start_fraction})")
        if not self.symbols or len(set(self.symbols)) != len(self.symbols):
            raise ConfigError(f"symbols must name each underlying once (was {self.symbols})")
        if self.scenario not in SCENARIOS:
            raise ConfigError(f"no scenario {self.scenario!r}; there are {', '.join(sorted(SCENARIOS))}")
        if self.start_at is not None:
            _check_clock(self.start_at)


def _check_clock(text: str) -> None:
    try:
        calendar.to_ns("2026-01-05", text)
    except DataError:
        raise ConfigError(f"start_at is a New York time HH:MM or HH:MM:SS (was {text!r})") from None
    if not _EARLIEST <= text < _LATEST:
        raise ConfigError(f"start_at must lie between {_EARLIEST} and {_LATEST} New York (was {text!r})")
