"""What a check of ``alphatrader doctor`` says."""

from dataclasses import dataclass
from typing import Literal

Status = Literal["ok", "warning", "failed", "off"]


@dataclass(frozen=True)
class Check:
    """The outcome of a check: what was found, and for a warning or failure the fix."""

    name: str
    status: Status
    found: str
    fix: str = ""
