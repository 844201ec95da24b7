"""The simulated gateway as a child: started again on the same ports, with its market where it was."""

import contextlib
import os
import signal

from alphatrader.control.simulator import MarketClock, SimulatedGateway
from alphatrader.domain.errors import AlphaTraderError, LinkError
from alphatrader.home import Home
from alphatrader.ops.config_sections import AppConfig
from alphatrader.ops.console import Terminal
from alphatrader.ops.run_options import RunOptions
from alphatrader.supervisor.child import Child
from alphatrader.supervisor.process import RunningProcess, adopt, spawn, until_announced

_START_TIMEOUT_S = 60.0


class GatewayChild(Child):
    """The simulated market and broker. With a real gateway there is none: that one is not ours."""

    name = "gateway"
    title = "the simulated gateway"
    restart_words = "it is started again on the same ports, with its market where it was,"

    def __init__(self, config: AppConfig, options: RunOptions, home: Home, terminal: Terminal) -> None:
        self._config = config
        self._options = options
        self._home = home
        self._terminal = terminal
        self._gateway: SimulatedGateway | None = None

    async def start(self, again_because: str) -> RunningProcess:
        """See :class:`Child`. Raises LinkError, StartFailedError."""
        home, printed = self._home, self._home.printed("gateway")
        process = adopt(home.gateway_announcement, printed)
        if process is None:
            home.gateway_announcement.unlink(missing_ok=True)
            process = await spawn("alphatrader.sim", self._arguments(), printed, environment=os.environ)
            await until_announced(process, self.title, home.gateway_announcement, _START_TIMEOUT_S)
        try:
            self._gateway = SimulatedGateway.announced(home.gateway_announcement)
            clock = await self._at_our_speed(self._gateway)
        except BaseException:
            if not process.adopted:
                process.send(signal.SIGKILL)
            raise
        if not again_because:
            how = ", adopted" if process.adopted else ""
            text = f"{clock.label}, TWS protocol on port {self._gateway.port}, {clock.speed:g}x time{how}"
            self._terminal.fact("gateway", text)
        return process

    async def check(self) -> None:
        """Raise AlphaTraderError unless it tells its clock."""
        if self._gateway is None:
            raise LinkError("it is not up yet")
        await self._gateway.clock()

    async def stop(self, process: RunningProcess, number: signal.Signals) -> tuple[int | None, bool]:
        """Ask it to end, so that its market's time is saved; its exchange rests on disk."""
        del number
        if self._gateway is not None:
            with contextlib.suppress(AlphaTraderError):
                await self._gateway.shut_down()
                with contextlib.suppress(TimeoutError):
                    return await process.ended_within(self.stop_timeout_s), False
        return await process.end(signal.SIGTERM, self.stop_timeout_s)

    async def _at_our_speed(self, gateway: SimulatedGateway) -> MarketClock:
        """Return its clock; one that was adopted may have been started at another speed."""
        clock = await gateway.clock()
        if clock.speed != self._options.speed:
            clock = await gateway.set_speed(self._options.speed)
        return clock

    def _arguments(self) -> list[str]:
        options, before = self._options, self._gateway
        choice: dict[str, object] = {"seed": options.seed, "speed": options.speed}
        if before is not None:
            # Whoever is connected, or holds these numbers, finds it again.
            choice |= {
                "port": before.port,
                "control_port": before.control_port,
                "alphavantage_port": before.alphavantage_port,
            }
        arguments = self._config.simulator.model_copy(update=choice).to_arguments()
        arguments += ["--state-dir", str(self._home.exchange.resolve())]
        arguments += ["--symbols", ",".join(self._config.engine.symbols)]
        if options.tape is not None:
            arguments += ["--tape", str(options.tape.resolve())]
        return arguments
