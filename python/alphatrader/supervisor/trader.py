"""The trader as a child: it leads, and after a restart it comes up HALTED."""

import asyncio
import dataclasses
import os
import signal
import time

from alphatrader.control.announcements import read_announcement
from alphatrader.control.client import Peer, ask
from alphatrader.dashboard.arguments import REDIS_URL_VARIABLE
from alphatrader.home import Home
from alphatrader.ops.run_options import TraderOptions
from alphatrader.supervisor.child import FINAL_STATUSES, Child
from alphatrader.supervisor.process import RunningProcess, spawn


class TraderChild(Child):
    """The process that trades. What it says goes to our terminal; its errors go into a file, and we tell them."""

    name = "trader"
    title = "the trader"
    final_statuses = FINAL_STATUSES | {0}
    stop_timeout_s = 90.0
    """Cancels and exits are waited for, then the broker's last word, then the disk."""
    restart_words = "it is started again, HALTED,"

    def __init__(self, options: TraderOptions, home: Home, redis_url: str) -> None:
        self._options = options
        self._home = home
        self._redis_url = redis_url
        self._began_s = time.monotonic()
        self._sessions_ended = 0
        self._lifeline: tuple[int, int] | None = None
        self._peer = Peer("the trader", home.control_socket, "it is starting or has ended")

    async def start(self, again_because: str) -> RunningProcess:
        """See :class:`Child`. Returns at once: how far it has come, its health tells."""
        if self._lifeline is None:
            # Our end closes when this process does, however it ends.
            self._lifeline = os.pipe()
        if again_because:
            self._count_sessions()
        options = dataclasses.replace(
            self._options,
            elapsed_s=round(time.monotonic() - self._began_s, 1),
            days=None if self._options.days is None else max(1, self._options.days - self._sessions_ended),
            halted=f"restarted by the supervisor: the trader {again_because}" if again_because else "",
            lifeline=self._lifeline[0],
        )
        await asyncio.to_thread(self._home.trader_announcement.unlink, missing_ok=True)
        return await spawn(
            "alphatrader.trader",
            options.to_arguments(),
            self._home.printed("trader"),
            environment={**os.environ, REDIS_URL_VARIABLE: self._redis_url},
            shares_output=True,
            pass_fds=[self._lifeline[0]],
        )

    async def check(self) -> None:
        """Raise AlphaTraderError unless its event loop answers."""
        await ask(self._peer, {"action": "health"}, "a look at its health")

    async def stop(self, process: RunningProcess, number: signal.Signals) -> tuple[int | None, bool]:
        """Pass on the signal that came: it winds down, and keeps its stops at the broker."""
        return await process.end(number, self.stop_timeout_s)

    def _count_sessions(self) -> None:
        """Add the sessions that the dead trader saw to their end, as it announced them."""
        body = read_announcement(self._home.trader_announcement, of_the_dead=True)
        self._sessions_ended += int(body.get("sessions_ended", 0)) if body is not None else 0
