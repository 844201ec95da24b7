"""``alphatrader run``: a supervisor from its start to its clean end.

configuration ─► live guard ─► home, its lock ─► Redis ─► simulated gateway ─► page, trader ─► … ─► stopped in reverse
"""

import asyncio
import signal
import sys
import time
from pathlib import Path

from alphatrader.adapters.journal.lock import WriterLock
from alphatrader.control.announcements import remove_announcement, write_announcement
from alphatrader.domain.errors import AlphaTraderError, ConfigError, DataError, JournalError
from alphatrader.home import Home
from alphatrader.ops.build import build_hash
from alphatrader.ops.config import load_config, secret_values, with_mode
from alphatrader.ops.config_sections import AppConfig, Mode
from alphatrader.ops.console import Terminal
from alphatrader.ops.live_guard import confirm_live
from alphatrader.ops.logs import start_logging
from alphatrader.ops.run_options import RunOptions, TraderOptions
from alphatrader.supervisor.children import children_of
from alphatrader.supervisor.homes import prepare_home, resumed_options
from alphatrader.supervisor.page import end_left_over_page
from alphatrader.supervisor.supervisor import INTERRUPTED, RunEnd, Supervisor

LOCK_WAIT_S = 30.0
"""How long a run waits for the trader of the run before it, which winds down when its supervisor is gone."""


class RunFailedError(AlphaTraderError):
    """The run ended with a status that is not 0."""

    def __init__(self, end: RunEnd) -> None:
        super().__init__(end.words)
        self.exit_code = end.status


def run_command(
    *,
    config_path: Path | None,
    mode: Mode | None,
    speed: float | None,
    seed: int | None,
    duration_s: float | None,
    days: int | None,
    tape: Path | None,
    headless: bool,
    resume: bool,
) -> None:
    """Run until stopped. Raises AlphaTraderError with one clear line, whose exit status is that of the trader.

    KeyboardInterrupt: it was interrupted before there was anything to stop cleanly.
    """
    config = load_config(config_path)
    if mode is not None:
        config = with_mode(config, mode)
    simulated = config.gateway.kind == "simulated"
    if not simulated and any(value is not None for value in (speed, seed, tape)):
        raise ConfigError("--speed, --seed and --tape belong to the simulated market; gateway.kind is ibkr")
    if tape is not None and not tape.exists():
        raise DataError(f"the tape {tape} does not exist: name a Lean zip, for example 20131010_tick_trade.zip")
    options = RunOptions(
        mode=config.mode,
        speed=speed if speed is not None else config.simulator.speed,
        seed=seed if seed is not None else config.simulator.seed,
        duration_s=duration_s,
        days=days,
        tape=tape,
        headless=headless,
        resume=resume,
    )
    confirmed = confirm_live(config, stdin=sys.stdin) if config.mode == "live" else ""
    home = prepare_home(config, options)
    notes: list[str] = []
    if resume and simulated:
        options = resumed_options(config, options, home, notes, speed=speed, seed=seed, tape=tape)
    trader = TraderOptions(
        home=home.path,
        mode=options.mode,
        config=config_path,
        duration_s=duration_s,
        days=days,
        confirmed_account=confirmed,
    )
    lock = WriterLock.acquire(home.supervisor_lock)
    try:
        with start_logging(
            config.logging, process="supervisor", directory=home.logs, secrets=secret_values(config), quiet_console=True
        ):
            end = asyncio.run(_supervise(config, options, trader, home, notes))
    finally:
        lock.release()
    if end.status == INTERRUPTED and not end.words:
        raise KeyboardInterrupt
    if end.status:
        raise RunFailedError(end)


async def _supervise(
    config: AppConfig, options: RunOptions, trader: TraderOptions, home: Home, notes: list[str]
) -> RunEnd:
    terminal = Terminal(logged=True)
    supervisor = Supervisor(
        children_of(config, options, trader, home, terminal),
        terminal,
        lambda pids: write_announcement(home.supervisor_announcement, {"children": pids}),
    )
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, supervisor.request_stop, number)
    # A closed terminal window is no wish to stop: positions are open.
    loop.add_signal_handler(signal.SIGHUP, terminal.lose, "the terminal was closed (SIGHUP)")
    _introduce(terminal, config, options, home, notes)
    await _wait_for_the_last_trader(home, terminal, supervisor)
    if options.headless or not config.dashboard.enabled:
        await end_left_over_page(home)
    try:
        return await supervisor.run()
    finally:
        remove_announcement(home.supervisor_announcement)


def _introduce(terminal: Terminal, config: AppConfig, options: RunOptions, home: Home, notes: list[str]) -> None:
    """Print what is known before anything runs."""
    kind = "SIMULATED MARKET" if config.gateway.kind == "simulated" else "INTERACTIVE BROKERS"
    terminal.banner(f" AlphaTrader Pro   {options.mode.upper()} - {kind} ")
    terminal.fact("config", f"ok, build {build_hash()}")
    for note in notes:
        terminal.fact("config", note)
    terminal.fact("journal", str(home.journal))
    for name, block in config.engine.strategies.items():
        if block.mode == "off":
            terminal.fact("strategy", f"{name} off")
            continue
        symbols = ", ".join(config.engine.symbols_of(name))
        terminal.fact("strategy", f"{name} {block.mode}: {symbols}, budget {block.budget_share:.0%}")


async def _wait_for_the_last_trader(home: Home, terminal: Terminal, supervisor: Supervisor) -> None:
    """Wait until the journal is free: a trader whose supervisor was killed is winding down. Raises JournalError."""
    deadline_s, told = time.monotonic() + LOCK_WAIT_S, False
    while not supervisor.stop_asked:
        try:
            WriterLock.acquire(home.lock).release()
        except JournalError as error:
            if time.monotonic() > deadline_s:
                raise
            if not told:
                words = str(error).partition(":")[0]
                text = f"{words}: it winds down since its supervisor is gone; waiting up to {LOCK_WAIT_S:.0f} s for it"
                terminal.fact("trader", text, "warning")
                told = True
            await asyncio.sleep(0.2)
        else:
            return
