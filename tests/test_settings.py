"""Settings are recorded with a run: read back they must be the same values of the same types."""

from alphatrader.settings import EngineSettings


def test_recorded_settings_are_the_same_to_the_byte() -> None:
    settings = EngineSettings()
    text = settings.model_dump_json()
    again = EngineSettings.model_validate_json(text)
    assert again == settings
    assert again.model_dump_json() == text
    assert isinstance(settings.zero_dte.max_hold_s, float), "a default is coerced like a value of a file"
    assert repr(again.zero_dte.max_hold_s) == repr(settings.zero_dte.max_hold_s)
