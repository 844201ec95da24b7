"""Settings are recorded with a run: read back they must be the same values of the same types."""

from alphatrader.engine.settings import EngineSettings


def test_recorded_settings_are_the_same_to_the_byte() -> None:
    settings = EngineSettings()
    text = settings.model_dump_json()
    again = EngineSettings.model_validate_json(text)
    assert again == settings
    assert again.model_dump_json() == text
    block, read = settings.strategies["zero_dte"], again.strategies["zero_dte"]
    assert type(read) is type(block), "a block is read back by the model of its strategy"
    assert isinstance(block.max_hold_s, float), "a default is coerced like a value of a file"
    assert repr(read.max_hold_s) == repr(block.max_hold_s)


def test_settings_with_blocks_of_their_own_are_recorded_whole() -> None:
    block = {"mode": "shadow", "symbols": ["QQQ"], "max_hold_s": 60}
    settings = EngineSettings.model_validate({"symbols": ["SPY", "QQQ"], "strategies": {"zero_dte": block}})
    again = EngineSettings.model_validate_json(settings.model_dump_json())
    assert again == settings
    assert again.strategies["zero_dte"].max_hold_s == 60
