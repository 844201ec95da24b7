from pathlib import Path

import pytest
import yaml
from pydantic import BaseModel

from alphatrader.dashboard.arguments import read_arguments, to_arguments
from alphatrader.domain.errors import ConfigError
from alphatrader.ops.config import load_config, parse_config, secret_values, with_mode
from alphatrader.ops.config_sections import AppConfig
from alphatrader.ops.yaml_text import read_sections

SHIPPED = Path(__file__).parents[2] / "config" / "config.yaml"


def shipped_tree() -> dict[str, object]:
    return read_sections(SHIPPED.read_text(encoding="utf-8"), SHIPPED.name)  # type: ignore[return-value]


FREE_TABLES = {("gateway", "link", "primary_exchanges"), ("gateway", "link", "indices")}
"""Tables by symbol: their keys are data."""
NAMES = {("engine", "strategies", "zero_dte")}
"""Keys that name a thing to be found."""


def key_paths(tree: object, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    if not isinstance(tree, dict) or path in FREE_TABLES:
        return []
    return [found for key, value in tree.items() for found in [(*path, key), *key_paths(value, (*path, key))]]


def model_paths(value: object, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """Every key of a model, and of the models in its tables, as they are with defaults."""
    parts = dict(value) if isinstance(value, BaseModel) else value
    if not isinstance(parts, dict) or path in FREE_TABLES:
        return []
    return [found for key, part in parts.items() for found in [(*path, key), *model_paths(part, (*path, key))]]


def with_key_renamed(tree: dict[str, object], path: tuple[str, ...], name: str) -> dict[str, object]:
    head, *rest = path
    return {
        (name if key == head and not rest else key): (
            with_key_renamed(value, tuple(rest), name) if key == head and rest else value  # type: ignore[arg-type]
        )
        for key, value in tree.items()
    }


def test_the_shipped_file_states_the_defaults() -> None:
    assert load_config(SHIPPED, {}) == AppConfig()


def test_the_shipped_file_states_every_key() -> None:
    assert set(key_paths(shipped_tree())) == set(model_paths(AppConfig()))


@pytest.mark.parametrize("path", sorted(set(key_paths(shipped_tree())) - NAMES), ids=".".join)
def test_a_misspelt_key_is_refused_with_the_right_one_named(path: tuple[str, ...]) -> None:
    mutated = with_key_renamed(shipped_tree(), path, path[-1][:-1] + "q")
    with pytest.raises(ConfigError, match=rf"unknown key '.*q': did you mean '{'[.]'.join(path)}'\?"):
        parse_config(yaml.safe_dump(mutated), {})


def test_a_key_that_resembles_none_gets_no_guess() -> None:
    with pytest.raises(ConfigError, match=r"unknown key 'ibkr'$"):
        parse_config("ibkr: {host: x}", {})


def test_all_faults_are_reported_a_line_each() -> None:
    with pytest.raises(ConfigError) as caught:
        parse_config("gatway: {}\nredis: {max_connections: many}\nsimulator: {speed: -1}", {}, source="x.yaml")
    lines = str(caught.value).splitlines()
    assert len(lines) == 3
    assert all(line.startswith("x.yaml: ") for line in lines)
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a: [", "line 1: not valid YAML"),
        ("mode: paper\nmode: paper", "line 2: the key 'mode' appears twice"),
        ("- paper", "the top must be sections"),
        ("gateway:", "gateway: must be a section"),
        ("gateway: {host: '${NO_SUCH}'}", "gateway.host: the environment variable NO_SUCH is not set"),
        ("gateway: {host: '${}'}", "is not a variable"),
        ("gateway: {host: '${OPEN'}", "is not a variable"),
        ("gateway: {ports: {live: {tws: 7497, ib_gateway: 4001}}}", "the four ports must differ"),
        ("gateway: {client_ids: {trader: 0}}", "greater than or equal to 1, was 0"),
        ("redis: {url: 'http://somewhere'}", "must start with redis://"),
        ("gateway: {link: {cancel_reserve: 38}}", "gateway.link: cancel_reserve 38 leaves fewer than 9"),
        ("dashboard: {host: 0.0.0.0}", "dashboard: host 0.0.0.0 can be reached by other machines: set allow_remote"),
        ("engine: {symbols: [SPY, 3]}", "engine.symbols.1: input should be a valid string, was 3"),
        ("engine: {strategies: {zero_dt: {}}}", "there is no strategy 'zero_dt'"),
        ("engine: {strategies: {zero_dte: {min_score: 7}}}", "engine.strategies.zero_dte.min_score: input should be"),
        ("engine: {strategies: {zero_dte: {mode: maybe}}}", "'shadow', 'approve' or 'on', was 'maybe'"),
        ("engine: {strategies: {zero_dte: on}}", "engine.strategies.zero_dte: must be a section"),
        ("mode: live", "gateway.kind is simulated"),
        ("mode: live\ngateway: {kind: ibkr}", "live.account is empty"),
        ("mode: papr", "mode: input should be 'paper' or 'live', was 'papr'"),
    ],
)
def test_a_bad_file_gets_one_clear_line(text: str, words: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_config(text, {})
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_faults_of_a_strategys_block_do_not_hide_others() -> None:
    with pytest.raises(ConfigError) as caught:
        parse_config("engine: {strategies: {nope: {}, zero_dte: {a: 1, target_delta: 2}}, b: 1}\nc: 1", {}, source="x")
    named = {line.split("'")[1] for line in str(caught.value).splitlines() if "unknown key" in line}
    assert named == {"engine.strategies.zero_dte.a", "engine.b", "c"}
    assert len(str(caught.value).splitlines()) == 5


MINE = """
from alphatrader.strategies.base import Assessment, Strategy, StrategySettings


class MySettings(StrategySettings):
    patience: int = 1


class Mine(Strategy[MySettings]):
    settings_type = MySettings

    def watch(self, view):
        return ()

    def assess(self, features):
        return Assessment(0.0, None, None, "no_data")
"""


def test_a_strategy_of_the_operators_own_is_checked_by_its_own_model(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(MINE)
    text = f"engine: {{strategies_dir: {tmp_path}, strategies: {{mine: {{patience: 3}}}}}}"
    assert parse_config(text, {}).engine.strategies["mine"].patience == 3  # type: ignore[attr-defined]
    with pytest.raises(ConfigError, match=r"did you mean 'engine\.strategies\.mine\.patience'\?"):
        parse_config(text.replace("patience", "patienc"), {})


@pytest.mark.parametrize(("word", "mode"), [("on", "on"), ("off", "off"), ("shadow", "shadow")])
def test_a_mode_is_written_as_a_word(word: str, mode: str) -> None:
    config = parse_config(f"engine: {{strategies: {{zero_dte: {{mode: {word}}}}}}}\ndashboard: {{enabled: off}}", {})
    assert config.engine.strategies["zero_dte"].mode == mode
    assert config.dashboard.enabled is False


def test_a_page_for_other_machines_can_be_configured_and_its_process_is_told(tmp_path: Path) -> None:
    text = "dashboard: {host: 0.0.0.0, allow_remote: true, public_url: 'https://desk.example.org'}"
    section = parse_config(text, {}).dashboard
    assert read_arguments(["--home", str(tmp_path), *to_arguments(section)], {})[0] == section


def test_the_account_is_that_of_the_mode() -> None:
    text = "gateway: {kind: ibkr, account: DU1, client_ids: {trader: 5}}\nlive: {account: U2}"
    paper = parse_config(text, {})
    live = with_mode(paper, "live")
    assert (paper.endpoint().account, paper.endpoint().port) == ("DU1", 7497)
    assert (live.endpoint().account, live.endpoint().port, live.endpoint().client_id) == ("U2", 7496, 5)


def test_a_refused_secret_is_not_shown() -> None:
    with pytest.raises(ConfigError) as caught:
        parse_config("redis: {url: 'http://user:hunter2@host'}", {})
    assert "hunter2" not in str(caught.value)


def test_variables_are_substituted_in_values() -> None:
    text = "alphavantage: {api_key: '${KEY}'}\nsimulator: {seed: '${SEED:-11}'}\ngateway: {account: '$${x} ${A:-}'}"
    config = parse_config(text, {"KEY": "abc"})
    assert config.alphavantage.api_key.get_secret_value() == "abc"
    assert config.simulator.seed == 11
    assert config.gateway.account == "${x} "
    assert parse_config(text, {"KEY": "abc", "SEED": "12"}).simulator.seed == 12


def test_a_variable_cannot_add_structure() -> None:
    config = parse_config("gateway: {host: '${HOST}'}", {"HOST": "x}\nmode: live"})
    assert config.mode == "paper"


def test_a_variable_that_is_set_but_empty_takes_the_default() -> None:
    assert parse_config("simulator: {seed: '${SEED:-11}'}", {"SEED": ""}).simulator.seed == 11


def test_the_file_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert load_config(None, {}) == AppConfig()
    named = tmp_path / "named.yaml"
    named.write_text("simulator: {seed: 3}")
    assert load_config(None, {"ALPHATRADER_CONFIG": str(named)}).simulator.seed == 3
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "config.yaml").write_text("simulator: {seed: 4}")
    assert load_config(None, {}).simulator.seed == 4
    assert load_config(named, {}).simulator.seed == 3


def test_a_named_file_must_exist(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="does not exist"):
        load_config(tmp_path / "absent.yaml", {})
    with pytest.raises(ConfigError, match="cannot be read"):
        load_config(tmp_path, {})


def test_the_port_follows_mode_and_application() -> None:
    config = AppConfig()
    assert (config.gateway.port("paper"), config.gateway.port("live")) == (7497, 7496)
    other = parse_config("gateway: {application: ib_gateway}", {})
    assert (other.gateway.port("paper"), other.gateway.port("live")) == (4002, 4001)


def test_changing_the_mode_checks_again_and_keeps_secrets() -> None:
    with pytest.raises(ConfigError, match=r"gateway\.kind is simulated"):
        with_mode(AppConfig(), "live")
    config = parse_config("gateway: {kind: ibkr}\nlive: {account: U1}\nalphavantage: {api_key: k}", {})
    live = with_mode(config, "live")
    assert live.mode == "live"
    assert live.alphavantage.api_key.get_secret_value() == "k"


def test_secrets_are_listed_for_redaction_and_hidden_elsewhere() -> None:
    config = parse_config("alphavantage: {api_key: k1}\nredis: {url: 'redis://:p2@h'}", {})
    assert set(secret_values(config)) == {"k1", "redis://:p2@h"}
    assert "k1" not in repr(config)
    assert "p2" not in config.model_dump_json()
