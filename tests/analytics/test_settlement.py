import datetime as dt

import pytest

from alphatrader import calendar
from alphatrader.analytics.settlement import is_half_day, settlement_instant_ns
from alphatrader.domain.errors import DataError


def test_the_rules_agree_with_the_exchange_calendar_for_every_session() -> None:
    first, last = dt.date.fromisoformat(calendar.FIRST_DATE), dt.date.fromisoformat(calendar.LAST_DATE)
    sessions = calendar.sessions_after(first, 5_400)
    assert dt.date.fromisoformat(sessions[-1].date) > last - dt.timedelta(days=250)
    wrong = [s.date for s in sessions if is_half_day(dt.date.fromisoformat(s.date)) != s.half_day]
    assert wrong == []


@pytest.mark.parametrize("root", ["SPY", "SPX", "SPXW", "GOOG"])
@pytest.mark.parametrize("expiry", ["20230915", "20261127", "20261224", "20240703", "20250314"])
def test_the_instant_agrees_with_the_calendar(root: str, expiry: str) -> None:
    assert settlement_instant_ns(root, expiry) == calendar.option_settlement_ns(root, expiry)


@pytest.mark.parametrize("text", ["", "2023-09-15", "20230230", "99999999"])
def test_what_is_no_expiry_is_refused(text: str) -> None:
    with pytest.raises(DataError, match="is not an expiry"):
        settlement_instant_ns("SPY", text)
