"""A second strategy that obeys the test, for what holds between strategies: like ``armed``, under a name of its own."""

from tests.doubles.strategies.armed import Armed


class Rival(Armed):
    """See the module."""
