"""What stands between a typo and real money: config, gateway account, typed confirmation, a passed paper period."""

from typing import TextIO

from alphatrader.adapters.journal import JournalReader
from alphatrader.domain.errors import ConfigError
from alphatrader.home import broker_home
from alphatrader.ops.config_sections import AppConfig


def confirm_live(config: AppConfig, *, stdin: TextIO) -> str:
    """Return the account that a person confirmed for live trading. Raises ConfigError unless everything was said."""
    check_live(config)
    if not stdin.isatty():
        raise ConfigError("live trading needs a confirmation typed at a terminal; standard input is none")
    print(f"This trades REAL MONEY in account {config.live.account}. Type the account to go on: ", end="", flush=True)
    if stdin.readline().strip() != config.live.account:
        raise ConfigError("not confirmed: the account was not typed; nothing was started")
    return config.live.account


def check_live(config: AppConfig) -> None:
    """Refuse live trading that was not prepared. Raises ConfigError."""
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


def check_confirmed(config: AppConfig, account: str) -> None:
    """Refuse a live trader to which nobody's confirmation was handed on. Raises ConfigError."""
    check_live(config)
    if account != config.live.account:
        raise ConfigError(
            "live trading was not confirmed for this account: start it with  alphatrader run --mode live, which asks"
        )
