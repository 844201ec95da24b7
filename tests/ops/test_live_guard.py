"""Everything that stands between a typo and real money."""

import asyncio
import io
import json
from pathlib import Path
from typing import Any

import pytest

from alphatrader.adapters.journal import SqliteJournal
from alphatrader.domain.errors import ConfigError
from alphatrader.domain.records import RunRecord, SummaryRecord
from alphatrader.home import broker_home
from alphatrader.ops.config_sections import AppConfig
from alphatrader.ops.live_guard import check_confirmed, check_live, confirm_live


class Typed(io.StringIO):
    def __init__(self, text: str, *, terminal: bool = True) -> None:
        super().__init__(text)
        self._terminal = terminal

    def isatty(self) -> bool:
        return self._terminal


def live(state_dir: Path, needed: int = 2, account: str = "U1") -> AppConfig:
    values: dict[str, Any] = {
        "mode": "live",
        "gateway": {"kind": "ibkr"},
        "paths": {"state_dir": state_dir},
        "live": {"account": account, "required_paper_sessions": needed},
    }
    return AppConfig.model_validate(values)


def paper_sessions(state_dir: Path, *ends: tuple[str, bool]) -> None:
    """Journal runs that ended on these session dates, cleanly or not."""

    async def write() -> None:
        home = broker_home(state_dir, "paper")
        journal = SqliteJournal.open(home.journal, home.lock)
        for number, (date, clean) in enumerate(ends):
            await journal.append_durable(RunRecord(f"r{number}", 1, "paper", "b", "{}", 1))
            await journal.append_durable(SummaryRecord(f"r{number}", clean, json.dumps({"session_date": date}), 1))
        await journal.close()

    asyncio.run(write())


def test_too_few_paper_days_are_too_few_however_many_runs(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="needs 2 clean paper sessions with your gateway, 0 are in"):
        check_live(live(tmp_path))
    paper_sessions(tmp_path, ("2026-11-20", True), ("2026-11-20", True), ("2026-11-23", False))
    with pytest.raises(ConfigError, match="needs 2 clean paper sessions with your gateway, 1 are in"):
        check_live(live(tmp_path))
    check_live(live(tmp_path, needed=1))


def test_the_account_must_be_typed_at_a_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    paper_sessions(tmp_path, ("2026-11-20", True), ("2026-11-23", True))
    assert confirm_live(live(tmp_path), stdin=Typed("U1\n")) == "U1"
    assert "REAL MONEY in account U1" in capsys.readouterr().out
    for typed in (Typed("u1\n"), Typed("\n"), Typed(""), Typed("yes\n")):
        with pytest.raises(ConfigError, match="not confirmed"):
            confirm_live(live(tmp_path), stdin=typed)
    with pytest.raises(ConfigError, match="typed at a terminal"):
        confirm_live(live(tmp_path), stdin=Typed("U1\n", terminal=False))


def test_a_trader_takes_only_the_confirmation_of_its_own_account(tmp_path: Path) -> None:
    chosen = live(tmp_path, needed=0)
    check_confirmed(chosen, "U1")
    for other in ("", "U2"):
        with pytest.raises(ConfigError, match="not confirmed for this account"):
            check_confirmed(chosen, other)
    with pytest.raises(ConfigError, match="needs 3 clean"):
        check_confirmed(live(tmp_path, needed=3), "U1")
