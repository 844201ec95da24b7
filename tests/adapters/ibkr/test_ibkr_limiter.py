import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alphatrader.adapters.ibkr.limiter import Priority, SendLimiter, TokenWindow
from alphatrader.domain.errors import PacingError


@given(
    st.lists(st.tuples(st.floats(0, 0.4), st.integers(1, 4), st.sampled_from(list(Priority))), min_size=1, max_size=200)
)
def test_no_second_holds_more_than_the_limit(steps: list[tuple[float, int, Priority]]) -> None:
    window = TokenWindow(10, 3)
    now, sent = 0.0, []
    for pause, count, priority in steps:
        now += pause
        while (wait := window.wait_s(now, count, priority)) > 0:
            now += wait
        window.take(now, count)
        sent += [(now, priority)] * count
        recent = [at for at, _ in sent if now - at < 1.0]
        assert len(recent) <= 10
        if priority is not Priority.CANCEL:
            assert len(recent) <= 7


def test_cancels_find_tokens_when_others_have_used_theirs() -> None:
    window = TokenWindow(40, 10)
    window.take(0.0, 30)
    assert window.wait_s(0.0, 1, Priority.ORDER) > 0
    assert window.wait_s(0.0, 10, Priority.CANCEL) == 0
    assert window.wait_s(0.0, 11, Priority.CANCEL) > 0
    assert window.wait_s(1.0, 30, Priority.ORDER) == 0


async def test_orders_pass_waiting_data_and_families_stay_whole() -> None:
    now = 0.0
    limiter = SendLimiter(10, 3, now=lambda: now)
    await limiter.take(7, Priority.DATA)
    order: list[str] = []

    async def want(name: str, count: int, priority: Priority) -> None:
        await limiter.take(count, priority)
        order.append(name)

    async with asyncio.TaskGroup() as group:
        group.create_task(want("data", 5, Priority.DATA))
        group.create_task(want("bracket", 3, Priority.ORDER))
        group.create_task(want("cancel", 1, Priority.CANCEL))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert order == ["cancel"]
        now = 1.0
        limiter._pump()
        await asyncio.sleep(0)
        assert order == ["cancel", "bracket"]
        now = 2.0
        limiter._pump()
    assert order == ["cancel", "bracket", "data"]


async def test_more_than_ever_can_be_granted_is_refused_at_once() -> None:
    with pytest.raises(PacingError, match="8 messages at once"):
        await SendLimiter(10, 3).take(8, Priority.ORDER)
