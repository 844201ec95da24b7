"""The part of the simulator's settings that the configuration states: its section ``simulator``.

It stands apart from :mod:`alphatrader.sim.settings`, which completes it, so that reading a configuration does not load
the simulated market. A field's description is also the help of its option on the command line.
"""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Port = Annotated[int, Field(ge=0, le=65_535)]
Speed = Annotated[float, Field(gt=0, le=1_000, description="market seconds a wall second")]
Scenario = Annotated[
    str, Field(min_length=1, description="scripted faults: a file, or a name of config/scenarios; none")
]


class SimulatorSettings(BaseModel):
    """What ``alphatrader run`` starts the simulated market with. Frozen; unknown keys are refused.

    By default it shows what the trader does: a whole trade passes within a minute, and a feed stalls once.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)

    seed: int = Field(7, ge=0, description="same seed, same market")
    speed: Speed = 10.0
    start_fraction: float = Field(0.5, ge=0, lt=1, description="part of the session that has passed at the start")
    scenario: Scenario = "demo"
    port: Port = Field(0, description="port of the TWS protocol; 0 = any free one")
    alphavantage_port: Port = Field(0, description="port of the Alpha Vantage server; 0 = any free one")
    control_port: Port = Field(0, description="port of the control channel; 0 = any free one")

    def to_arguments(self) -> list[str]:
        """Return the options of the simulator's command line that say the same."""
        return [
            part
            for name in SimulatorSettings.model_fields
            for part in ("--" + name.replace("_", "-"), str(getattr(self, name)))
        ]
