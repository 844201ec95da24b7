"""When decisions are made, from event time alone: the same live, in a replay's re-run and in a backtest.

* New data are decided on soon, but not more often than every ``spacing_ns``.
* Without data a decision is made after ``idle_ns``, for ages and deadlines go on.
* History that is fed at a start is looked at once every ``warmup_ns`` of its own time.

Wall limits of the settings grow with the scale of time: what may take 5 ms of the wall takes 50 ms of a market that
runs ten times as fast.
"""

from alphatrader.engine.settings import DecisionSettings


class Cadence:
    """Says when the next decision is due. Event time in nanoseconds; holds nothing but the last decision's instant."""

    def __init__(self, settings: DecisionSettings, time_scale: float) -> None:
        scale = max(1.0, time_scale)
        self.spacing_ns = int(max(settings.min_spacing_ms, settings.min_spacing_wall_ms * scale) * 1e6)
        # Quiet is never shorter than the spacing, which holds between any two decisions.
        self.idle_ns = max(self.spacing_ns, int(settings.max_idle_ms * scale * 1e6))
        self.warmup_ns = int(settings.warmup_spacing_s * 1e9)
        self._decided_ns = 0
        self._history_ns: dict[int, int] = {}

    def due_on_data_ns(self, now_ns: int) -> int:
        """Return when the data that came at ``now_ns`` are to be decided on: now, or as soon as the spacing allows."""
        return max(now_ns, self._decided_ns + self.spacing_ns)

    def idle_due(self, now_ns: int) -> bool:
        """Whether it has been quiet for so long that a decision must be made without data."""
        return now_ns - self._decided_ns > self.idle_ns

    def decided(self, now_ns: int) -> None:
        """Note a decision."""
        self._decided_ns = now_ns

    def history_due(self, instrument_id: int, ts_ns: int) -> bool:
        """Whether a past print of an instrument is to be looked at; notes it if so."""
        if ts_ns - self._history_ns.get(instrument_id, 0) < self.warmup_ns:
            return False
        self._history_ns[instrument_id] = ts_ns
        return True
