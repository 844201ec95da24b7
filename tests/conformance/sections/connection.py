"""Connecting: versions, ids, several clients."""

from typing import Any

import pytest

from tests.conformance.clients import ClientError
from tests.conformance.table import step

SECTION = "Connection"


@step(SECTION, "connect: managed accounts, next id, farm notices")
async def step_connect(t: Any) -> None:
    client = await t.connect()
    assert client.greeting["accounts"] == ["DUSIM0001"]
    assert client.greeting["next_id"] == 1
    assert (await client.codes())[:3] == [2104, 2106, 2158]
    assert await client.connected()
    values = await client.account_values()
    assert values["NetLiquidation"] == "100000.00"


@step(SECTION, "server version 176 (157 for ibapi 9.81)")
async def step_server_version(t: Any) -> None:
    client = await t.connect()
    assert client.greeting["server_version"] == t.per_client(176, ibapi_9_81=157)


@step(SECTION, "two clients at once, each with its own order ids")
async def step_two_clients(t: Any) -> None:
    first, second = await t.connect(1), await t.connect(2)
    assert first.greeting["next_id"] == second.greeting["next_id"] == 1
    assert await first.time() == pytest.approx(await second.time(), abs=5)
    assert sorted(t.gateway.sessions) == [1, 2]


@step(SECTION, "client id in use: 326, and the second connection ends")
async def step_duplicate_id(t: Any) -> None:
    await t.connect(7)
    second = None
    with pytest.raises(ClientError):
        second = await t.connect(7, wait_s=1.0)
    assert second is None
    assert len(t.gateway.sessions) == 1
