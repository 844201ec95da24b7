"""``alphatrader run``: one trader from start to clean stop.

home ─► journal, event log ─► Redis, simulated gateway, dashboard (children) ─► clock, session
     ─► engine + runner ─► connect ─► warm-up ─► trade ─► stop ─► reconcile ─► summary
"""

import asyncio
import dataclasses
import datetime as dt
from pathlib import Path

from alphatrader.domain.errors import ConfigError, DataError
from alphatrader.ops.config import load_config, secret_values, with_mode
from alphatrader.ops.config_sections import AppConfig, Mode
from alphatrader.ops.home import Home, HomeLabel, broker_home, simulated_home
from alphatrader.ops.live_guard import check_live
from alphatrader.ops.logs import start_logging
from alphatrader.ops.run_options import RunOptions


def run_command(
    *,
    config_path: Path | None,
    mode: Mode | None,
    speed: float | None,
    seed: int | None,
    duration_s: float | None,
    tape: Path | None,
    headless: bool,
    resume: bool,
) -> None:
    """Run a trader until it is stopped. Raises AlphaTraderError with one clear line."""
    config = load_config(config_path)
    if mode is not None:
        config = with_mode(config, mode)
    simulated = config.gateway.kind == "simulated"
    if not simulated and any(value is not None for value in (speed, seed, tape)):
        raise ConfigError("--speed, --seed and --tape belong to the simulated market; gateway.kind is ibkr")
    if tape is not None and not tape.is_file():
        raise DataError(f"the tape {tape} does not exist: name a Lean zip, for example 20131010_tick_trade.zip")
    options = RunOptions(
        mode=config.mode,
        speed=speed if speed is not None else config.simulator.speed,
        seed=seed if seed is not None else config.simulator.seed,
        duration_s=duration_s,
        tape=tape,
        headless=headless,
        resume=resume,
    )
    if config.mode == "live":
        check_live(config)
    home = prepare_home(config, options)
    if resume and simulated:
        options = _as_it_was(options, home, speed=speed, seed=seed, tape=tape)
    from alphatrader.trader.day import TradingSession  # noqa: PLC0415 - loads the engine and every adapter

    # The terminal tells what people need; the files tell everything.
    with start_logging(
        config.logging, process="trader", directory=home.logs, secrets=secret_values(config), quiet_console=True
    ):
        asyncio.run(TradingSession(config, options, home).run())


def _as_it_was(
    options: RunOptions, home: Home, *, speed: float | None, seed: int | None, tape: Path | None
) -> RunOptions:
    """Take what the command line left open from the run that is resumed."""
    label = home.label()
    return dataclasses.replace(
        options,
        speed=label.speed if speed is None else options.speed,
        seed=label.seed if seed is None else options.seed,
        tape=Path(label.tape) if tape is None and label.tape else options.tape,
    )


def prepare_home(config: AppConfig, options: RunOptions) -> Home:
    """Create the run's home, or find the one to resume. Raises ConfigError."""
    state_dir = config.paths.state_dir
    if config.gateway.kind == "ibkr":
        home = broker_home(state_dir, options.mode)
    else:
        home = simulated_home(state_dir, resume=options.resume)
    if not (home.path / "home.json").exists():
        home.write_label(
            HomeLabel(
                mode=options.mode,
                simulated=config.gateway.kind == "simulated",
                seed=options.seed,
                speed=options.speed,
                tape=str(options.tape.resolve()) if options.tape else "",
                created=dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
            )
        )
    return home
