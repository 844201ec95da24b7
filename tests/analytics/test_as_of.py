import datetime as dt

import pytest

from alphatrader.analytics.as_of import date_in_name, parse_as_of, parse_as_of_option
from alphatrader.domain.errors import DataError

CLOSE = dt.time(16)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Date: September 14, 2023 at 4:31 PM EDT", "2023-09-14T16:31:00-04:00"),
        ("Date: 14 April 2023, 18:34 UTC\N{MINUS SIGN}4", "2023-04-14T18:34:00-04:00"),
        ("Date: 11 April, 2023 à 22:23 UTC\N{MINUS SIGN}4", "2023-04-11T22:23:00-04:00"),
        ("Date: 23 de marzo de 2022, 10:11 GMT-4", "2022-03-23T10:11:00-04:00"),
        ("martes 14 de septiembre de 2021, 9:45", "2021-09-14T09:45:00-04:00"),
        ("3 août 2023 à 16:02 UTC+2", "2023-08-03T16:02:00+02:00"),
        ("14. Dezember 2023 um 12:05", "2023-12-14T12:05:00-05:00"),
        ("12:00 AM, January 5, 2024", "2024-01-05T00:00:00-05:00"),
        ("2025-09-12", "2025-09-12T16:00:00-04:00"),
        ("2025-09-12 15:45:30", "2025-09-12T15:45:30-04:00"),
    ],
)
def test_dates_in_many_languages(text: str, expected: str) -> None:
    found = parse_as_of(text, default_time=CLOSE)
    assert found is not None
    assert found.isoformat() == expected


def test_a_line_without_a_year_takes_the_default_date_and_its_own_time() -> None:
    text = "Date: 4 June 4, 3:15 PM EDT"
    assert parse_as_of(text, default_time=CLOSE) is None
    found = parse_as_of(text, default_time=CLOSE, default_date=dt.date(2023, 6, 4))
    assert found is not None
    assert found.isoformat() == "2023-06-04T15:15:00-04:00"


@pytest.mark.parametrize("text", ["", "no date", "31 February 2023", "Date: 14 Foo 2023", "25:71 2023-01-05"])
def test_what_names_no_moment_gives_none(text: str) -> None:
    assert parse_as_of(text, default_time=CLOSE) is None


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("SPY_2023-06-04.csv.gz", dt.date(2023, 6, 4)),
        ("20131010_tick_trade.zip", dt.date(2013, 10, 10)),
        ("goog_20151224.csv", dt.date(2015, 12, 24)),
        ("chain.csv", None),
        ("20139910.csv", None),
        ("201312311.csv", None),
    ],
)
def test_a_date_in_a_name(name: str, expected: dt.date | None) -> None:
    assert date_in_name(name) == expected


def test_the_option_of_the_command_line() -> None:
    assert parse_as_of_option("2026-11-20T15:30").isoformat() == "2026-11-20T15:30:00-05:00"
    assert parse_as_of_option("2026-11-20").isoformat() == "2026-11-20T16:00:00-05:00"
    assert parse_as_of_option("2026-11-20T15:30+00:00").isoformat() == "2026-11-20T15:30:00+00:00"
    with pytest.raises(DataError, match="is no time"):
        parse_as_of_option("yesterday")
