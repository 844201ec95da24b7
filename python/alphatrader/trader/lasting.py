"""What lasts over the days of a trader: each session has its own engine, and these in common."""

from dataclasses import dataclass

from redis.asyncio import Redis

from alphatrader.adapters.ibkr.settings import Endpoint
from alphatrader.adapters.journal import SqliteJournal
from alphatrader.control.simulator import HOST, SimulatedGateway
from alphatrader.home import Home
from alphatrader.ops.config_sections import AppConfig
from alphatrader.ops.console import Terminal
from alphatrader.ops.run_options import TraderOptions
from alphatrader.trader.stop import StopWish
from alphatrader.trader.timekeeper import SimulatedTime, Timekeeper


@dataclass(frozen=True, slots=True)
class Lasting:
    """Made once by the daemon."""

    config: AppConfig
    options: TraderOptions
    home: Home
    terminal: Terminal
    journal: SqliteJournal
    redis: Redis
    time: Timekeeper
    stop: StopWish

    @property
    def gateway(self) -> SimulatedGateway | None:
        """The simulated gateway; None with the broker's."""
        return self.time.gateway if isinstance(self.time, SimulatedTime) else None

    def endpoint(self) -> Endpoint:
        """Return where the gateway is: the simulated one, or the broker's of the mode."""
        if self.gateway is None:
            return self.config.endpoint()
        client_id = self.config.gateway.client_ids.trader
        return Endpoint(host=HOST, port=self.gateway.port, client_id=client_id, simulated=True)

    def claim_scope(self) -> str:
        """Whose signals exclude each other: those of one account; a simulated run has its own."""
        if self.gateway is not None:
            return str(self.home.path.resolve())
        return f"{self.options.mode}:{self.config.account or 'default'}"
