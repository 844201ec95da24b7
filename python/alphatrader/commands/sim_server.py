"""``alphatrader sim``: the simulated market and gateway, by the configuration and what the command line says."""

import asyncio
from collections.abc import Mapping, MutableMapping
from pathlib import Path
from typing import Any, NoReturn

import structlog

from alphatrader import calendar
from alphatrader.ops.config import load_config
from alphatrader.ops.console import Terminal
from alphatrader.sim.arguments import make_parser, read_settings
from alphatrader.sim.main import run_simulator
from alphatrader.sim.simulator import LISTENING, Simulator

_PORT, _CONTROL_PORT, _ALPHAVANTAGE_PORT = 7497, 7498, 7499
"""The paper port of TWS, so that scripts find the simulator where they look for TWS; and the two after it."""

_DESCRIPTION = """
A SIMULATED market, an exchange and one account behind the socket protocol of TWS (server version 176; 157 for old
official clients), an Alpha Vantage server and a control channel for faults. Everything listens on loopback, until
Ctrl-C. docs/simulator.md says what is simulated and how well.
"""


def sim_command(arguments: list[str]) -> None:
    """Serve until SIGINT or SIGTERM. Raises AlphaTraderError with one clear line."""
    config_path = _take_config(arguments)
    defaults = _defaults(config_path)
    parser = make_parser("alphatrader sim", _DESCRIPTION, defaults)
    parser.add_argument("--config", metavar="FILE", help="configuration, which gives the defaults")
    settings = read_settings(parser, arguments, defaults)
    terminal = Terminal()
    structlog.configure(processors=[_Printer(terminal)], wrapper_class=structlog.make_filtering_bound_logger("info"))
    asyncio.run(run_simulator(settings, lambda simulator: _announce(terminal, simulator)))
    terminal.fact("stopped", f"the account rests in {settings.state_dir}; the same command goes on with it")


class _Printer:
    """Prints what the simulator logs as lines of the terminal."""

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal

    def __call__(self, logger: object, method: str, event: MutableMapping[str, Any]) -> NoReturn:
        """Print one event. Raises DropEvent: there is no further output."""
        del logger
        text = str(event.pop("event"))
        if text != LISTENING:  # the announcement says it
            details = ", ".join(f"{name} {value}" for name, value in event.items() if value is not None)
            level = {"warning": "warning", "error": "error", "critical": "error"}.get(method, "info")
            self._terminal.fact(
                "gateway", text.removeprefix("SIMULATED gateway: ") + f" ({details})" * bool(details), level
            )
        raise structlog.DropEvent


def _take_config(arguments: list[str]) -> Path | None:
    """Take ``--config FILE`` out of the arguments: what it says are the defaults of the others."""
    for index, argument in enumerate(arguments):
        if argument.startswith("--config="):
            return Path(arguments.pop(index).partition("=")[2])
        if argument == "--config" and index + 1 < len(arguments):
            path = arguments.pop(index + 1)
            arguments.pop(index)
            return Path(path)
    return None


def _defaults(config_path: Path | None) -> Mapping[str, object]:
    config = load_config(config_path)
    simulator = config.simulator
    return {
        "state_dir": config.paths.state_dir / "sim" / "gateway",
        "port": simulator.port or _PORT,
        "control_port": simulator.control_port or _CONTROL_PORT,
        "alphavantage_port": simulator.alphavantage_port or _ALPHAVANTAGE_PORT,
        "seed": simulator.seed,
        # The configuration that comes with the checkout hurries for its demonstration; bots expect real seconds.
        "speed": simulator.speed if config_path else 1.0,
        "symbols": config.engine.symbols,
        "start_fraction": simulator.start_fraction,
    }


def _announce(terminal: Terminal, simulator: Simulator) -> None:
    """Say how to reach it, and what it simulates."""
    facts = simulator.describe()
    host = facts["host"]
    terminal.banner(f" {facts['label']}   {facts['speed']:g}x time ")
    terminal.fact("gateway", f"TWS protocol on {host}:{facts['port']}, account {facts['account']}", "good")
    terminal.fact("", "ib_insync, ib_async and the official client connect as to a paper gateway")
    terminal.fact("vantage", f"http://{host}:{facts['alphavantage_port']}/query, any key")
    terminal.fact("control", f"127.0.0.1:{facts['control_port']}, JSON lines: faults, clock, status")
    now = calendar.to_text(simulator.market.now_ns)
    terminal.fact("market", f"{now} in New York; {', '.join(simulator.settings.symbols)} with options")
    terminal.fact("try", "python docs/examples/ten_lines.py; all of it: docs/simulator.md")
