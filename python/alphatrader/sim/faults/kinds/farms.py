"""Faults of the broker's data farms, and of the login that shares them."""

from typing import ClassVar, Literal

from alphatrader.sim.behaviours import Evidence
from alphatrader.sim.faults.kinds.base import Fault

Farm = Literal["data", "history", "secdef"]


class FarmOutage(Fault, frozen=True, tag="farm_outage"):
    """A farm breaks and comes back after ``for_s``, without an 1100.

    ``data`` 2103 and 2104: streams fall silent; ``history`` 2105 and 2106; ``secdef`` 2157 and 2158. With ``streams``
    stay_dead the streams that ran before never speak again until they are asked for anew.
    """

    evidence: ClassVar[Evidence] = Evidence.ISSUE
    observed: ClassVar[str] = "2103 then 2104, and bars that stay silent for hours (nautilus #3968)"

    for_s: float
    farm: Farm = "data"
    name: str = ""
    streams: Literal["return", "stay_dead"] = "return"


class FarmNotice(Fault, frozen=True, tag="farm_notice"):
    """Say the state of a farm, and nothing else: 2103 to 2108, 2119, 2157, 2158."""

    evidence: ClassVar[Evidence] = Evidence.DOCUMENTED
    observed: ClassVar[str] = "the notice under id -1"

    state: Literal["ok", "broken", "inactive", "connecting"]
    farm: Farm = "data"
    name: str = ""


class CompetingSession(Fault, frozen=True, tag="competing_session"):
    """Somebody logs in elsewhere: 10197 on every stream, no data for ``for_s``."""

    evidence: ClassVar[Evidence] = Evidence.ISSUE
    observed: ClassVar[str] = "10197 on each stream, then silence, for up to 15 minutes"

    for_s: float
