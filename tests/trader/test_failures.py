from alphatrader.domain.errors import FencedError, JournalError, LinkError
from alphatrader.trader.failures import first_known, leaves


def test_errors_come_out_of_groups_in_order() -> None:
    inner = ExceptionGroup("b", [LinkError("2"), ValueError("3")])
    assert [str(error) for error in leaves(ExceptionGroup("a", [LinkError("1"), inner]))] == ["1", "2", "3"]
    assert [str(error) for error in leaves(LinkError("0"))] == ["0"]


def test_the_first_of_ours_is_told_and_a_fenced_writer_before_it() -> None:
    assert str(first_known(LinkError("0"))) == "0"
    assert str(first_known(ExceptionGroup("a", [LinkError("1"), JournalError("2")]))) == "1"
    fenced = ExceptionGroup("a", [JournalError("1"), ExceptionGroup("b", [FencedError("another writer")])])
    assert str(first_known(fenced)) == "another writer"


def test_a_defect_among_them_is_shown_as_one() -> None:
    assert first_known(ExceptionGroup("a", [LinkError("1"), KeyError("x")])) is None
    assert first_known(KeyError("x")) is None
