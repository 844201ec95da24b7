"""What may be asked over the control channel: one object a line, ``op`` first. A field that isn't known is refused."""

from decimal import Decimal
from typing import Annotated, Any, Literal, get_args

from msgspec import Meta, Struct, field


class ControlRequest(Struct, frozen=True, tag_field="op", forbid_unknown_fields=True):
    """Base class."""


class Clock(ControlRequest, frozen=True, tag="clock"):
    """Market time, its speed, the session."""


class Status(ControlRequest, frozen=True, tag="status"):
    """The account as the exchange has it, who is connected, what is still to come."""


class Pause(ControlRequest, frozen=True, tag="pause"):
    """Let market time stand still; the gateway goes on answering."""


class Resume(ControlRequest, frozen=True, tag="resume"):
    """Let market time go on."""


class Speed(ControlRequest, frozen=True, tag="speed"):
    """Set how many market seconds pass in a wall second."""

    speed: Annotated[float, Meta(gt=0, le=1_000)]


class Advance(ControlRequest, frozen=True, tag="advance"):
    """Run the market ahead as fast as it goes: by ``seconds``, or ``to`` a time of day in New York.

    That is a time of this session, or of the ``date`` (``YYYY-MM-DD``) that is named: nights and weekends pass on the
    way. Orders are matched and clients are told; faults, which count wall seconds, do not pass.
    """

    seconds: Annotated[float, Meta(ge=0, le=604_800)] | None = None
    to: str | None = None
    date: Annotated[str, Meta(pattern=r"^\d{4}-\d{2}-\d{2}$")] | None = None


class RunScenario(ControlRequest, frozen=True, tag="scenario"):
    """Begin a scenario now: a file, or a name in ``config/scenarios``; ``none`` drops all steps still to come."""

    name: str
    parameters: dict[str, bool | int | float | str] = field(default_factory=dict)


class Login(ControlRequest, frozen=True, tag="login"):
    """The human has come: the same as the fault ``login``."""


class PlaceByHand(ControlRequest, frozen=True, tag="order"):
    """Place an order by hand, as at the terminal: it belongs to client 0. Name the contract by one of two fields."""

    side: Literal["BUY", "SELL"]
    quantity: Annotated[int, Meta(gt=0)]
    con_id: int = 0
    local_symbol: str = ""
    order_type: str = "LMT"
    limit_price: Decimal | None = None
    aux_price: Decimal | None = None
    tif: str = "DAY"


class CancelByHand(ControlRequest, frozen=True, tag="cancel"):
    """Cancel a live order of anybody's, as at the terminal."""

    perm_id: int


class Exercise(ControlRequest, frozen=True, tag="exercise"):
    """Wish to exercise a held option, or with ``lapse`` to let it expire; carried out at the end of the day.

    ``override`` exercises one that is out of the money.
    """

    con_id: int
    quantity: Annotated[int, Meta(gt=0)]
    lapse: bool = False
    override: bool = False


class ListBehaviours(ControlRequest, frozen=True, tag="behaviours"):
    """The behaviours in force, by name."""


class Shutdown(ControlRequest, frozen=True, tag="shutdown"):
    """End the simulator."""


AnyRequest = (
    Clock
    | Status
    | Pause
    | Resume
    | Speed
    | Advance
    | RunScenario
    | Login
    | PlaceByHand
    | CancelByHand
    | Exercise
    | ListBehaviours
    | Shutdown
)
"""All but ``fault``, whose other fields are those of its kind."""

OPS = ("fault", *(str(request.__struct_config__.tag) for request in get_args(AnyRequest)))
Raw = dict[str, Any]
