"""VPIN of a loaded tape with what its reader must know."""

import time
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from alphatrader import _core
from alphatrader.analytics.tape_files import TapeFile
from alphatrader.domain.errors import DataError

BUCKETS_A_DAY = 50
MIN_BUCKET_VOLUME = 50


@dataclass(frozen=True)
class VpinReport:
    """A VPIN series; ``full`` selects the buckets at which the window was full, so that there is a level."""

    tape: TapeFile
    series: _core.VpinSeries
    window: int
    scheme: Literal["tick", "bulk"]
    full: NDArray[np.bool_]
    compute_ms: float

    @property
    def unclassified_share(self) -> float:
        """Share of the volume to which no side could be given."""
        return self.series.unclassified_volume / self.tape.volume


def vpin_report(
    tape: TapeFile, *, bucket_volume: int | None = None, window: int = 50, scheme: Literal["tick", "bulk"] = "tick"
) -> VpinReport:
    """Compute VPIN; a bucket holds a 50th of the tape's mean daily volume unless told. Raises DataError."""
    # Rounded down, so that one day fills the default window.
    volume = bucket_volume or max(MIN_BUCKET_VOLUME, int(tape.volume / tape.days / BUCKETS_A_DAY))
    started = time.perf_counter()
    try:
        series = _core.vpin(tape.ts_ns, tape.price, tape.size, bucket_volume=volume, window=window, scheme=scheme)
    except _core.CoreError as error:
        raise DataError(f"{tape.name}: {error}") from None
    compute_ms = (time.perf_counter() - started) * 1e3
    if len(series.level) == 0:
        raise DataError(
            f"{tape.name} fills no bucket of {volume:,} shares ({tape.volume:,.0f} in all): lower --bucket-volume"
        )
    return VpinReport(tape, series, window, scheme, np.isfinite(series.level), compute_ms)
