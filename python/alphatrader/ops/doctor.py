"""``alphatrader doctor``: what is wrong with this machine or configuration, and how to mend each thing.

Each check is a function that returns one :class:`Check`; none changes anything but a temporary file it removes.
"""

import datetime as dt
import os
import platform
import shutil
import stat
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from alphatrader import __version__
from alphatrader.domain.errors import ConfigError
from alphatrader.home import journaled_homes
from alphatrader.ops.config import load_config
from alphatrader.ops.config_sections import AppConfig
from alphatrader.ops.diagnosis import Check
from alphatrader.ops.doctor_links import check_alphavantage, check_gateway, check_redis

PYTHON_LOWEST, PYTHON_ABOVE = (3, 11), (3, 14)
_DISK_WARN_BYTES = 5 << 30
_DISK_FAIL_BYTES = 500 << 20
_SLOW_FSYNC_MS = 50.0
_EARLIEST_YEAR = 2026


def examine(config_path: Path | None) -> list[Check]:
    """Run all checks; those that need the configuration are left out if it is wrong."""
    checks = [check_python(sys.version_info[:3]), check_core(), check_clock(time.time()), check_time_zones()]
    try:
        config = load_config(config_path)
    except ConfigError as error:
        checks.append(Check("configuration", "failed", str(error).replace("\n", "; "), "correct the lines named"))
        return checks
    checks.append(_configuration(config))
    checks.extend(_guarded(name, check, config) for name, check in _CONFIGURED)
    return checks


def check_python(version: tuple[int, ...]) -> Check:
    """Check the interpreter's version."""
    text = f"{platform.python_implementation()} {'.'.join(map(str, version))}"
    if PYTHON_LOWEST <= version[:2] < PYTHON_ABOVE:
        return Check("python", "ok", text)
    return Check("python", "failed", text, "make .venv with Python 3.11, 3.12 or 3.13 (ib_insync fails on 3.14)")


def check_core() -> Check:
    """Check that the Rust module loads and fits this package."""
    try:
        from alphatrader import _core  # noqa: PLC0415 - whether it loads is the question

        version = _core.version()
    except (ImportError, AttributeError) as error:
        return Check("rust core", "failed", f"does not load: {error}", "build it: .venv/bin/just setup (needs Rust)")
    if version != __version__:
        return Check("rust core", "failed", f"is {version}, the package {__version__}", "rebuild: .venv/bin/just setup")
    return Check("rust core", "ok", version)


def check_clock(now_s: float) -> Check:
    """Check that the clock is plausible: signals, orders and sessions all hang on it."""
    stamp = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(now_s))
    if time.gmtime(now_s).tm_year < _EARLIEST_YEAR:
        return Check("clock", "failed", f"{stamp} is in the past", "set the clock: timedatectl set-ntp true")
    if Path("/run/systemd/timesync/synchronized").exists():
        return Check("clock", "ok", f"{stamp}, synchronised")
    return Check("clock", "ok", f"{stamp} (whether it is synchronised cannot be seen here; keep NTP on)")


def check_time_zones() -> Check:
    """Check that New York's time is known and changes between winter and summer."""
    try:
        zone = ZoneInfo("America/New_York")
    except ZoneInfoNotFoundError:
        return Check("time zones", "failed", "no time zone database", "install tzdata: .venv/bin/just setup")
    offsets = {dt.datetime(2026, month, 15, tzinfo=zone).utcoffset() for month in (1, 7)}
    if len(offsets) != 2:
        return Check("time zones", "failed", "New York has no summer time here", "reinstall tzdata")
    return Check("time zones", "ok", "New York known")


def check_disk(config: AppConfig) -> Check:
    """Check space, and that a synced write works and is quick: the journal syncs before every order."""
    directory = _existing(config.paths.state_dir)
    free = shutil.disk_usage(directory).free
    try:
        with tempfile.NamedTemporaryFile(dir=directory, prefix=".doctor-") as probe:
            started = time.perf_counter()
            probe.write(b"x" * 4096)
            probe.flush()
            os.fsync(probe.fileno())
            sync_ms = (time.perf_counter() - started) * 1e3
    except OSError as error:
        return Check(
            "disk", "failed", f"{directory} cannot be written: {error.strerror}", "free space or fix permissions"
        )
    found = f"{free / (1 << 30):.1f} GiB free at {directory}, a synced write takes {sync_ms:.1f} ms"
    if free < _DISK_FAIL_BYTES:
        return Check("disk", "failed", found, "free at least 500 MiB: a full disk halts new orders")
    if free < _DISK_WARN_BYTES:
        return Check("disk", "warning", found, "free some gigabytes: a day's event log may take one")
    if sync_ms > _SLOW_FSYNC_MS:
        return Check("disk", "warning", found, "put paths.state_dir on a local SSD: orders wait for this write")
    return Check("disk", "ok", found)


def check_permissions(config: AppConfig) -> Check:
    """Check that nobody else may read journals or write the configuration."""
    loose: list[str] = []
    state = config.paths.state_dir
    if state.exists() and stat.S_IMODE(state.stat().st_mode) & stat.S_IWOTH:
        loose.append(f"{state} may be written by anyone (chmod o-w {state})")
    for path in (home.journal for home in journaled_homes(state)):
        mode = stat.S_IMODE(path.stat().st_mode)
        if mode & (stat.S_IWGRP | stat.S_IWOTH):
            loose.append(f"{path} may be written by others (chmod 600 {path})")
    if loose:
        return Check("permissions", "warning", "; ".join(loose), "run the commands in brackets")
    return Check(
        "permissions", "ok", f"{state} is yours" if state.exists() else f"{state} will be made at the first run"
    )


def check_keys(config: AppConfig) -> Check:
    """Tell which secrets are set, without showing them."""
    secrets = {"ALPHAVANTAGE_API_KEY": config.alphavantage.api_key, "ALPHATRADER_REDIS_URL": config.redis.url}
    found = ", ".join(
        f"{name} {f'set ({len(value.get_secret_value())} characters)' if value.get_secret_value() else 'not set'}"
        for name, value in secrets.items()
    )
    if config.gateway.kind == "ibkr" and not config.alphavantage.api_key.get_secret_value():
        fix = "set ALPHAVANTAGE_API_KEY: without it there are no chains, so no exposures"
        return Check("keys", "warning", found, fix)
    return Check("keys", "ok", found)


def _configuration(config: AppConfig) -> Check:
    found = f"valid; mode {config.mode}, gateway {config.gateway.kind}, symbols {', '.join(config.engine.symbols)}"
    return Check("configuration", "ok", found)


def _existing(path: Path) -> Path:
    """Return the directory itself or its nearest parent that exists."""
    path = path.absolute()
    while not path.is_dir():
        path = path.parent
    return path


def _guarded(name: str, check: Callable[[AppConfig], Check], config: AppConfig) -> Check:
    """Run a check; an error in it is its outcome, so that the others still run."""
    try:
        return check(config)
    except Exception as error:  # noqa: BLE001 - a diagnosis must not die of what it diagnoses
        return Check(name, "failed", f"the check itself failed: {type(error).__name__}: {error}", "report this")


_CONFIGURED: tuple[tuple[str, Callable[[AppConfig], Check]], ...] = (
    ("disk", check_disk),
    ("permissions", check_permissions),
    ("keys", check_keys),
    ("redis", check_redis),
    ("gateway", check_gateway),
    ("alpha vantage", check_alphavantage),
)
