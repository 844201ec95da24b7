"""Displayed levels behind a recorded best price, where no book was recorded: made up, and named so."""

BUILT = "BUILT"
"""Market maker of rows that nobody recorded."""
LEVELS_BEHIND = 4

_LOT = 100.0
MINUTE_NS = 60_000_000_000


def built_levels(best: float, direction: int, tick: float, ts_ns: int) -> list[tuple[float, float]]:
    """Return (price, shares) behind the best price; ``direction`` +1 upwards (ask), -1 downwards (bid).

    Sizes hang on price and minute alone: what stands at a price stays when the best price moves past it.
    """
    ticks = round(best / tick)
    minute = ts_ns // MINUTE_NS
    levels = []
    for step in range(1, LEVELS_BEHIND + 1):
        place = ticks + direction * step
        if place <= 0:
            break
        mixed = (place * 2_654_435_761 + minute * 40_503) & 0xFFFFFFFF
        levels.append((round(place * tick, 4), _LOT * (2 + step + (mixed >> 16) % 12)))
    return levels
