"""The samples of a report: real ones from a folder, simulated ones from a few seeds."""

from pathlib import Path
from typing import NamedTuple

from alphatrader.domain.errors import DataError
from alphatrader.sim.calibration.recorded import read_chain_sample, read_tape_sample
from alphatrader.sim.calibration.samples import ChainSample, TapeSample
from alphatrader.sim.calibration.simulated import simulate

_TAPES = {
    "SPY 2013": "spy_ticks_2013-10/*_tick_trade.zip",
    "IBM 2013": "ibm_ticks_2013-10/*_tick_trade.zip",
}
_CHAINS = {
    "SPY 2023-25": "cboe_chains/[Ss][Pp][Yy]_*.csv.gz",
    "QQQ 2023-24": "cboe_chains/QQQ_*.csv.gz",
}
SIMULATED = "SPY simulated"
STOCK_SIMULATED = "AAPL simulated"
_STOCK_SESSIONS = 2
"""How many of the seeds a single stock gets: it stands beside one, and its chain beside none."""


class Samples(NamedTuple):
    """Samples by group, the simulated groups last."""

    tapes: dict[str, tuple[TapeSample, ...]]
    chains: dict[str, tuple[ChainSample, ...]]


def gather_real(data: Path) -> Samples:
    """Read all real samples under a folder laid out as its README says. Raises DataError."""
    tapes = {name: tuple(read_tape_sample(file) for file in _files(data, glob)) for name, glob in _TAPES.items()}
    chains = {name: tuple(read_chain_sample(file) for file in _files(data, glob)) for name, glob in _CHAINS.items()}
    return Samples(tapes, chains)


def gather_simulated(session_date: str, seeds: tuple[int, ...]) -> Samples:
    """Run a session of SPY for each seed, and of AAPL for the first ones."""
    both = [simulate("SPY", session_date, seed) for seed in seeds]
    stock = tuple(simulate("AAPL", session_date, seed)[0] for seed in seeds[:_STOCK_SESSIONS])
    tapes = {SIMULATED: tuple(tape for tape, _ in both), STOCK_SIMULATED: stock}
    return Samples(tapes, {SIMULATED: tuple(chain for _, chain in both)})


def _files(data: Path, glob: str) -> list[Path]:
    files = sorted(data.glob(glob))
    if not files:
        raise DataError(f"{data}: holds no {glob}; name the folder of the real data with --data")
    return files
