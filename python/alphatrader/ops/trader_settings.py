"""The daily round of the trader: the configuration's section ``trader``."""

from pydantic import Field

from alphatrader.settings import Settings


class TraderSettings(Settings):
    """When it connects, how long a session goes on after its close, and how quiet the terminal may be."""

    pre_open_lead_s: float = Field(600, ge=30, le=14_400)
    """It connects so long before the open: contracts are qualified, the universe and the chain are fetched. On the
    simulated market it connects as soon as it can."""
    close_grace_s: float = Field(30, ge=1, le=900)
    """Market seconds after the close in which late reports are still heard. Exits that are under way go on as long as
    their contracts trade."""
    quiet_line_s: float = Field(60, ge=5)
    """After so many wall seconds without a line the terminal shows that all is well."""
