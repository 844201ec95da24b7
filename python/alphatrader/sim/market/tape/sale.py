"""Sale conditions: which prints say nothing of the price of the moment."""

_SILENT = frozenset("WB4ZUPMQ")
"""Average price, derivative, out of sequence, late, prior reference price, official open and close (CTA, UTP)."""


def silent(conditions: str) -> bool:
    """Return whether a print with these letters (space separated) leaves the last price as it is."""
    return not _SILENT.isdisjoint(conditions.split())
