"""Which home a run has, and what a resumed run takes from the one before it."""

import dataclasses
import datetime as dt
from pathlib import Path

import msgspec

from alphatrader.home import Home, HomeLabel, broker_home, simulated_home
from alphatrader.ops.config_sections import AppConfig
from alphatrader.ops.run_options import RunOptions


def prepare_home(config: AppConfig, options: RunOptions) -> Home:
    """Create the run's home, or find the one to resume. Raises ConfigError."""
    state_dir = config.paths.state_dir
    if config.gateway.kind == "ibkr":
        home = broker_home(state_dir, options.mode)
    else:
        home = simulated_home(state_dir, resume=options.resume)
    if not home.label_file.exists():
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


def resumed_options(
    config: AppConfig,
    options: RunOptions,
    home: Home,
    notes: list[str],
    *,
    speed: float | None,
    seed: int | None,
    tape: Path | None,
) -> RunOptions:
    """Complete what the command line left open from the run that is resumed; say in ``notes`` what was chosen.

    Seed and tape are the market itself, so they are the earlier run's. The speed is not: the command line wins, then a
    configuration that names it, then what the earlier run had. Raises DataError, ConfigError.
    """
    label = home.label()
    chosen, source = label.speed, "as before"
    if speed is not None:
        chosen, source = speed, "as the command line says"
    elif "speed" in config.simulator.model_fields_set:
        chosen, source = config.simulator.speed, "as the configuration says"
    before = "" if chosen == label.speed else f"; it was {label.speed:g}x"
    notes.append(f"resumed: {chosen:g}x time, {source}{before}")
    if chosen != label.speed:
        home.write_label(msgspec.structs.replace(label, speed=chosen))
    return dataclasses.replace(
        options,
        speed=chosen,
        seed=label.seed if seed is None else options.seed,
        tape=Path(label.tape) if tape is None and label.tape else options.tape,
    )
