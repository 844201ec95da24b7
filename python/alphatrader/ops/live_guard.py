"""What stands between a typo and real money: config, gateway account, typed confirmation, a passed paper period."""

import sys

from alphatrader.adapters.journal import JournalReader
from alphatrader.domain.errors import ConfigError
from alphatrader.ops.config_sections import AppConfig
from alphatrader.ops.home import broker_home


def check_live(config: AppConfig) -> None:
    """Refuse live trading unless everything was said. Raises ConfigError."""
    if not config.live.account:
        raise ConfigError("live trading needs live.account in the configuration: name the account that may be traded")
    journal = broker_home(config.paths.state_dir, "paper").journal
    passed = JournalReader(journal).clean_sessions("paper") if journal.exists() else 0
    needed = config.live.required_paper_sessions
    if passed < needed:
        raise ConfigError(
            f"live trading needs {needed} clean paper sessions with your gateway, {passed} are in {journal}: "
            "run  alphatrader run --mode paper  on more days, or change live.required_paper_sessions"
        )
    if not sys.stdin.isatty():
        raise ConfigError("live trading needs a confirmation typed at a terminal; standard input is none")
    typed = input(f"This trades REAL MONEY in account {config.live.account}. Type the account to go on: ")
    if typed.strip() != config.live.account:
        raise ConfigError("not confirmed: the account was not typed; nothing was started")
