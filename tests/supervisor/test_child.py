from alphatrader.supervisor.child import Restarts


def test_pauses_double_up_to_half_a_minute() -> None:
    restarts = Restarts(limit=8)
    assert [restarts.allow(float(now_s)) for now_s in range(8)] == [1, 2, 4, 8, 16, 30, 30, 30]
    assert restarts.allow(9.0) is None


def test_only_deaths_of_the_window_count() -> None:
    restarts = Restarts(limit=2, window_s=600)
    assert [restarts.allow(now_s) for now_s in (0.0, 10.0)] == [1, 2]
    assert restarts.allow(601.0) == 2, "the first is forgotten"
    assert restarts.allow(602.0) is None
    assert restarts.limit_words == "2 times in 10 minutes"
