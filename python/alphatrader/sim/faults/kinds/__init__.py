"""The faults that can be asked for, as they are written in JSON and YAML: ``{"kind": "mute", "symbol": "SPY", ...}``.

All times are wall seconds. A field that isn't known is refused. ``docs/simulator-faults.md`` is written from here.
"""

from alphatrader.sim.faults.kinds.base import ContractChoice, Fault, OrderChoice
from alphatrader.sim.faults.kinds.executions import (
    BustExecution,
    CorrectExecution,
    ForceFill,
    HoldFills,
    Liquidate,
    ReplayExecutions,
    SplitFills,
)
from alphatrader.sim.faults.kinds.farms import CompetingSession, FarmNotice, FarmOutage
from alphatrader.sim.faults.kinds.link import (
    DropLink,
    FreezeLink,
    LoggedOut,
    Login,
    LowerNextValidId,
    OccupyClientId,
    PacingViolation,
    ReadOnly,
    ServerOutage,
)
from alphatrader.sim.faults.kinds.orders import (
    Deactivate,
    DuplicateStatuses,
    FillAfterCancel,
    FillInCancel,
    ForkOnModify,
    MuteOrders,
    NoticeOrder,
    RejectNext,
    StaleStatus,
    SwallowNext,
    WarnNext,
)
from alphatrader.sim.faults.kinds.services import AlphaVantage, Clear
from alphatrader.sim.faults.kinds.streams import (
    EmptyQuotes,
    FrozenData,
    HaltTrading,
    KillStreams,
    MissingGreeks,
    Mute,
    Permission,
    ResetDepth,
    Stream,
    TicksAfterCancel,
    UnknownTick,
    Unmute,
)
from alphatrader.sim.faults.kinds.traffic import (
    Asked,
    Delay,
    LateAnswers,
    LoseMessages,
    LoseRequests,
    OmitRows,
    RefuseRequests,
    RepeatMessages,
    ReverseMessages,
    SendError,
    Told,
    WithholdEnd,
)
from alphatrader.sim.faults.kinds.wire import Wire

AnyFault = (
    DropLink
    | FreezeLink
    | ServerOutage
    | LoggedOut
    | Login
    | OccupyClientId
    | ReadOnly
    | PacingViolation
    | LowerNextValidId
    | FarmOutage
    | FarmNotice
    | CompetingSession
    | Mute
    | Unmute
    | KillStreams
    | Permission
    | EmptyQuotes
    | MissingGreeks
    | FrozenData
    | HaltTrading
    | ResetDepth
    | TicksAfterCancel
    | UnknownTick
    | RejectNext
    | SwallowNext
    | WarnNext
    | MuteOrders
    | NoticeOrder
    | Deactivate
    | FillAfterCancel
    | FillInCancel
    | ForkOnModify
    | StaleStatus
    | DuplicateStatuses
    | HoldFills
    | SplitFills
    | ReplayExecutions
    | CorrectExecution
    | BustExecution
    | Liquidate
    | ForceFill
    | RefuseRequests
    | LateAnswers
    | LoseRequests
    | WithholdEnd
    | OmitRows
    | Delay
    | LoseMessages
    | RepeatMessages
    | ReverseMessages
    | SendError
    | Wire
    | AlphaVantage
    | Clear
)
"""All kinds, in the order of the document."""

__all__ = [
    "AlphaVantage",
    "AnyFault",
    "Asked",
    "BustExecution",
    "Clear",
    "CompetingSession",
    "ContractChoice",
    "CorrectExecution",
    "Deactivate",
    "Delay",
    "DropLink",
    "DuplicateStatuses",
    "EmptyQuotes",
    "FarmNotice",
    "FarmOutage",
    "Fault",
    "FillAfterCancel",
    "FillInCancel",
    "ForceFill",
    "ForkOnModify",
    "FreezeLink",
    "FrozenData",
    "HaltTrading",
    "HoldFills",
    "KillStreams",
    "LateAnswers",
    "Liquidate",
    "LoggedOut",
    "Login",
    "LoseMessages",
    "LoseRequests",
    "LowerNextValidId",
    "MissingGreeks",
    "Mute",
    "MuteOrders",
    "NoticeOrder",
    "OccupyClientId",
    "OmitRows",
    "OrderChoice",
    "PacingViolation",
    "Permission",
    "ReadOnly",
    "RefuseRequests",
    "RejectNext",
    "RepeatMessages",
    "ReplayExecutions",
    "ResetDepth",
    "ReverseMessages",
    "SendError",
    "ServerOutage",
    "SplitFills",
    "StaleStatus",
    "Stream",
    "SwallowNext",
    "TicksAfterCancel",
    "Told",
    "UnknownTick",
    "Unmute",
    "WarnNext",
    "Wire",
    "WithholdEnd",
]
