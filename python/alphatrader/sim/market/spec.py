"""What to simulate: the few choices that fix a market completely."""

from dataclasses import dataclass, field
from pathlib import Path

from alphatrader.domain.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Scenario:
    """The temper of a session.

    ``noise_share`` is the part of the day's variance that is not driven by informed order flow; ``episode_gap_s`` the
    mean pause between episodes of one-sided flow; ``episode_move`` how far an average one moves the price, in standard
    deviations of its length.
    """

    volatility_factor: float
    noise_share: float
    episode_gap_s: float
    episode_move: float
    rate_factor: float


SCENARIOS = {
    "regular": Scenario(1.0, 0.55, 200.0, 2.4, 1.0),
    "quiet": Scenario(0.6, 0.95, 1500.0, 1.2, 0.6),
    "volatile": Scenario(1.8, 0.50, 140.0, 2.6, 1.6),
}


@dataclass(frozen=True, slots=True)
class MarketSpec:
    """The seed and setting of a simulated session: equal specs give equal markets.

    ``session_date`` None means the latest full session on or before today (with a tape: the tape's date).
    ``tape`` is a recorded day (a file or folder), ``tape_quotes`` its quotes where they lie in a file of their own.
    ``start_fraction`` is the part of the session that is already history when the market starts. Raises ConfigError.
    """

    seed: int
    session_date: str | None = None
    symbols: tuple[str, ...] = field(default=("SPY",))
    start_fraction: float = 0.5
    tape: Path | None = None
    tape_quotes: Path | None = None
    scenario: str = "regular"

    def __post_init__(self) -> None:
        if self.seed < 0:
            raise ConfigError(f"the seed must not be negative (was {self.seed})")
        if not 0.0 <= self.start_fraction < 1.0:
            raise ConfigError(f"start_fraction must be in [0, 1) (was {self.start_fraction})")
        if not self.symbols or len(set(self.symbols)) != len(self.symbols):
            raise ConfigError(f"symbols must name each underlying once (was {self.symbols})")
        if self.scenario not in SCENARIOS:
            raise ConfigError(f"no scenario {self.scenario!r}; there are {', '.join(sorted(SCENARIOS))}")
