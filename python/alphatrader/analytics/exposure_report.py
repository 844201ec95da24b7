"""The exposure of a loaded chain with everything that its reader must know: the formula's inputs, rows, durations."""

import time
from dataclasses import dataclass
from typing import Literal

import pyarrow as pa

from alphatrader import _core
from alphatrader.analytics.chain_files import ChainFile
from alphatrader.domain.errors import DataError

FORMULA = "GEX = sum of sign x gamma x contracts x 100 x S^2 x 0.01, in $ of delta per 1% move of the underlying"
SIGN_CONVENTION = "+1 call, -1 put: dealers are taken to be long calls and short puts, which nobody can observe"


@dataclass(frozen=True)
class ExposureOptions:
    """How to compute. ``expiries`` empty = all; each ``YYYY-MM-DD`` or ``YYYYMMDD``."""

    min_open_interest: float = 5.0
    weight: Literal["open_interest", "volume"] = "open_interest"
    gamma: Literal["given", "recompute"] = "given"
    expiries: tuple[str, ...] = ()


@dataclass(frozen=True)
class ExposureReport:
    """An exposure, its chain, its options; ``by_strike`` as a list of rows (see :meth:`_core.Exposure.by_strike`)."""

    loaded: ChainFile
    options: ExposureOptions
    exposure: _core.Exposure
    by_strike: list[dict[str, float | None]]
    compute_ms: float

    def top_strikes(self, count: int) -> list[dict[str, float | None]]:
        """Return the strikes with the largest absolute net GEX, by strike ascending."""
        largest = sorted(self.by_strike, key=lambda row: -abs(row["net_gex"] or 0.0))[:count]
        return sorted(largest, key=lambda row: row["strike"] or 0.0)


def exposure_report(loaded: ChainFile, options: ExposureOptions) -> ExposureReport:
    """Compute the exposure. Raises DataError for an expiry that the chain lacks, or if no row is usable."""
    expiries = [_checked_expiry(text, loaded) for text in options.expiries]
    started = time.perf_counter()
    try:
        result = _core.exposure(
            loaded.chain,
            loaded.spot,
            as_of_ns=loaded.as_of_ns,
            settlement_ns=loaded.settlement_ns,
            min_weight=options.min_open_interest,
            weight=options.weight,
            gamma=options.gamma,
            expiries=expiries or None,
        )
    except _core.CoreError as error:
        raise DataError(f"{loaded.path}: {error}") from None
    compute_ms = (time.perf_counter() - started) * 1e3
    if result.rows_used == 0:
        raise DataError(
            f"{loaded.path}: none of {result.rows_total} rows can be used (dropped: {result.rows_dropped}): "
            "check the date of the chain, or lower --min-oi"
        )
    by_strike = pa.record_batch(result.by_strike()).to_pylist()
    return ExposureReport(loaded, options, result, by_strike, compute_ms)


def _checked_expiry(text: str, loaded: ChainFile) -> str:
    expiry = text.replace("-", "")
    if expiry not in loaded.settlement_ns:
        known = sorted(loaded.settlement_ns)
        shown = ", ".join(known[:6]) + (", ..." if len(known) > 6 else "")
        raise DataError(f"the chain has no expiry {text}: it has {shown}")
    return expiry
