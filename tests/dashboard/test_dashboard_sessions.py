from tests.doubles.clocks import HandSeconds

from alphatrader.dashboard.sessions import Sessions


def test_a_login_token_works_once_and_is_replaced() -> None:
    sessions = Sessions(max_age_s=60)
    token = sessions.login_token
    redeemed = sessions.redeem(token)
    assert redeemed is not None
    assert sessions.find(redeemed[1]) is redeemed[0]
    assert sessions.redeem(token) is None
    assert sessions.login_token != token


def test_wrong_tokens_and_cookies_open_nothing() -> None:
    sessions = Sessions(max_age_s=60)
    token = sessions.login_token
    assert sessions.redeem("") is None
    assert sessions.redeem("ä" * 40) is None
    assert sessions.find("guess") is None
    assert sessions.login_token == token, "a wrong guess must not burn the operator's link"


def test_a_session_runs_out_and_its_streams_end() -> None:
    clock = HandSeconds(1_000.0)
    sessions = Sessions(max_age_s=60, monotonic_s=clock)
    redeemed = sessions.redeem(sessions.login_token)
    assert redeemed is not None
    session, cookie = redeemed
    clock.now_s += 59
    assert sessions.find(cookie) is session
    assert sessions.is_alive(session)
    clock.now_s += 1
    assert not sessions.is_alive(session)
    assert sessions.find(cookie) is None


def test_the_oldest_session_goes_when_there_are_too_many() -> None:
    sessions = Sessions(max_age_s=60, limit=2)
    opened = [sessions.redeem(sessions.login_token) for _ in range(3)]
    alive = [pair is not None and sessions.find(pair[1]) is not None for pair in opened]
    assert alive == [False, True, True]
    assert opened[0] is not None
    assert opened[0][0].ended.is_set()


def test_ids_and_tokens_differ_between_sessions() -> None:
    sessions = Sessions(max_age_s=60)
    first, second = (sessions.redeem(sessions.login_token) for _ in range(2))
    assert first is not None
    assert second is not None
    assert first[1] != second[1]
    assert not first[0].accepts_csrf(second[0].csrf_token)
    assert first[0].accepts_csrf(first[0].csrf_token)
