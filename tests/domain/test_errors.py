"""Errors have exit statuses that scripts can go by."""

import inspect

from alphatrader.domain import errors

STATUS = {
    errors.AlphaTraderError: 1,
    errors.ConfigError: 2,
    errors.DataError: 3,
    errors.LinkError: 4,
    errors.PacingError: 4,
    errors.UnansweredError: 4,
    errors.PeerRefusedError: 1,
    errors.JournalError: 5,
    errors.FencedError: 6,
    errors.StoreError: 7,
    errors.OrderRefusedError: 1,
    errors.ClosedMarketError: 8,
}


def test_every_error_has_its_exit_status() -> None:
    own = {kind for _, kind in inspect.getmembers(errors, inspect.isclass) if kind.__module__ == errors.__name__}
    assert own == set(STATUS)
    assert {kind: kind.exit_code for kind in own} == STATUS


def test_what_is_caught_together_is_of_one_family() -> None:
    assert issubclass(errors.PacingError, errors.LinkError)
    assert issubclass(errors.UnansweredError, errors.LinkError)
    assert issubclass(errors.FencedError, errors.JournalError)
    assert all(issubclass(kind, errors.AlphaTraderError) for kind in STATUS)
