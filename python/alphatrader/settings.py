"""The base of every settings model: frozen, complete, unknown keys refused.

Each package owns the model of its own settings; ``config.yaml`` composes them. Those by which the engine decides are
recorded with every run, so a replay decides by the settings of its day.
"""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Fraction = Annotated[float, Field(gt=0, lt=1)]


class Settings(BaseModel):
    """Base of all settings models.

    A number is finite: an endless one cannot be read back from a recording, and as a limit it would be none.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True, allow_inf_nan=False)
