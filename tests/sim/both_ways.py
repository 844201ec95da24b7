"""The two ways in which real gateways may behave, for the tests of what relies on one.

``believed`` is the table as it stands. ``otherwise`` shows the next choice of everything that can be chosen: what is
known only from memory, and what has been seen both ways. Whoever trades must live with either.
"""

from typing import Any

from alphatrader.sim.behaviours import TABLE

KEPT = frozenset({"tif_preset_reported"})
"""Not switched by ``otherwise``: steps of the conformance run hold them alone."""

OTHERWISE = {name: row.choices[1] for name, row in TABLE.items() if len(row.choices) > 1 and name not in KEPT}

WAYS: dict[str, dict[str, Any]] = {"believed": {}, "otherwise": OTHERWISE}
