"""A scripted TWS server: real socket, real framing at version 176, answers that a test sets message by message.

It holds no exchange. It exists for sequences that no well-behaved simulator produces on demand.
"""

import asyncio
import struct
from collections.abc import Callable
from typing import Any

ACCOUNT = "DU1234567"
VERSION = 176
UNSET = "1.7976931348623157E308"

REQ_MKT_DATA, CANCEL_MKT_DATA, PLACE_ORDER, CANCEL_ORDER = 1, 2, 3, 4
ACCOUNT_UPDATES, EXECUTIONS, CONTRACT_DETAILS, MKT_DEPTH, CANCEL_DEPTH = 6, 7, 9, 10, 11
ALL_OPEN, CURRENT_TIME, DATA_TYPE, POSITIONS, CANCEL_POSITIONS = 16, 49, 59, 61, 64
START_API, SEC_DEF, HISTORICAL_TICKS, TICK_BY_TICK, CANCEL_TICK_BY_TICK = 71, 78, 96, 97, 98

Answer = Callable[["Gateway", list[str]], None]


def frame(*fields: Any) -> bytes:
    body = "".join(f"{field}\0" for field in fields).encode()
    return struct.pack(">I", len(body)) + body


def spy_details(req_id: Any, con_id: int = 756733, exchange: str = "SMART", primary: str = "ARCA") -> list[Any]:
    return [
        10,
        req_id,
        "SPY",
        "STK",
        "",
        "0",
        "",
        exchange,
        "USD",
        "SPY",
        "SPY",
        "SPY",
        con_id,
        "0.01",
        "",
        "LMT,MKT,STP",
        "SMART,ARCA",
        1,
        0,
        "SPDR S&P 500",
        primary,
        "",
        "",
        "",
        "",
        "US/Eastern",
        "",
        "",
        "",
        "0",
        0,
        1,
        "",
        "",
        "26",
        "",
        "ETF",
        "1",
        "1",
        "100",
    ]


def option_details(req_id: Any, con_id: int, expiry: str, strike: str, right: str) -> list[Any]:
    return [
        10,
        req_id,
        "SPY",
        "OPT",
        expiry,
        strike,
        right,
        "SMART",
        "USD",
        f"SPY {expiry}{right}{strike}",
        "SPY",
        "SPY",
        con_id,
        "0.01",
        "100",
        "LMT,MKT,STP",
        "SMART,CBOE",
        1,
        756733,
        "SPDR S&P 500",
        "",
        expiry[:6],
        "",
        "",
        "",
        "US/Eastern",
        "",
        "",
        "",
        "0",
        0,
        2,
        "SPY",
        "STK",
        "26",
        expiry,
        "",
        "1",
        "1",
        "1",
    ]


def option_con_id(strike: str, right: str) -> int:
    return int(float(strike) * 10) * 10 + (1 if right == "C" else 2)


def open_order(
    order_id: int, con_id: int, status: str, *, client_id: int = 17, perm_id: int = 9001, action: str = "BUY",
    quantity: int = 2, kind: str = "LMT", limit: str = "1.25", aux: str = "0.0", ref: str = "", parent: int = 0,
    oca: str = "", oca_type: int = 3, tif: str = "DAY", symbol: str = "SPY", trigger: int = 0,
    conditions: tuple[Any, ...] = (0,),
) -> list[Any]:  # fmt: skip
    """openOrder at 176, as laid out by IBKR. ``conditions``: their number, their fields, the two flags."""
    fields: list[Any] = [5, order_id, con_id, symbol, "OPT", "20251121", "651", "C", "100", "SMART", "USD", "SPY x"]
    fields += ["SPY", action, quantity, kind, limit, aux, tif, oca, ACCOUNT, "O", 0, ref, client_id, perm_id, 0, 0, 0]
    fields += [""] * 11  # good-after-time .. settling firm
    fields += [0, "", -1, 0] + [""] * 5 + [0, 0, 0, 0]  # short sale slot .. all or none
    fields += ["", oca_type, 0, 0, "", parent, trigger, "", 0, "None", ""]  # minimum quantity .. delta neutral
    fields += [0, "", "", "", "?", 0, 0, ""]  # the rest of delta neutral
    fields += [0, 0, "", "", "", "", "", 0, 0, 0, "", "", "", "", 0, "", "IB", 0, 0, "", 0, 0]  # .. what-if
    fields += [status] + [UNSET] * 9 + ["", "", "", "", "", 0, 0, *conditions]  # margins .. conditions
    fields += ["None"] + [UNSET] * 6 + [0, "", "", "", "", 0, 0, 0, 0]  # adjusted .. price management
    return [*fields, "", "", 0, "", "", "", "", ""]


def order_status(
    order_id: int, status: str, filled: float = 0, remaining: float = 2, average: float = 0.0, *,
    perm_id: int = 9001, client_id: int = 17, why: str = "", parent: int = 0,
) -> list[Any]:  # fmt: skip
    return [3, order_id, status, filled, remaining, average, perm_id, parent, 0.0, client_id, why, 0.0]


def execution(
    exec_id: str, order_id: int, con_id: int, *, req_id: int = -1, quantity: float = 1, price: float = 1.25,
    ref: str = "", client_id: int = 17, time: str = "20251121 15:27:04 US/Eastern", side: str = "BOT",
) -> list[Any]:  # fmt: skip
    return [11, req_id, order_id, con_id, "SPY", "OPT", "20251121", "651", "C", "100", "CBOE", "USD", "SPY x", "SPY",
            exec_id, time, ACCOUNT, "CBOE", side, quantity, price, 9001, client_id, 0, quantity, price, ref, "", "",
            "", 2]  # fmt: skip


def commission(exec_id: str, amount: str = "0.65") -> list[Any]:
    return [59, 1, exec_id, amount, "USD", UNSET, UNSET, ""]


def error(req_id: Any, code: int, text: str) -> list[Any]:
    return [4, 2, req_id, code, text, ""]


def position(con_id: int, quantity: float, average: float = 125.0, account: str = ACCOUNT) -> list[Any]:
    return [61, 3, account, con_id, "SPY", "OPT", "20251121", "651", "C", "100", "", "USD", "SPY x", "SPY", quantity,
            average]  # fmt: skip


class Gateway:
    """``answers`` maps a request id to what it triggers; ``requests`` keeps every request that came."""

    def __init__(self) -> None:
        self.port = 0
        self.version: str | None = str(VERSION)
        self.next_order_id = 100
        self.start_with: list[list[Any]] | None = None
        self.requests: list[list[str]] = []
        self.connections = 0
        self.answers: dict[int, Answer | None] = {
            CONTRACT_DETAILS: _contract_details,
            POSITIONS: lambda g, _: g.push([62, 1]),
            ALL_OPEN: lambda g, _: g.push([53, 1]),
            EXECUTIONS: lambda g, f: g.push([55, 1, f[2]]),
            CURRENT_TIME: lambda g, _: g.push([49, 1, 1_700_000_000]),
            ACCOUNT_UPDATES: _account,
        }
        self._server: asyncio.Server | None = None
        self.writer: asyncio.StreamWriter | None = None
        self._writers: list[asyncio.StreamWriter] = []
        self.reading = asyncio.Event()
        self.reading.set()

    async def __aenter__(self) -> "Gateway":
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        assert self._server is not None
        self._server.close()
        for writer in self._writers:
            writer.transport.abort()
        await self._server.wait_closed()

    def drop(self) -> None:
        """Cut the connection the hard way."""
        assert self.writer is not None
        self.writer.transport.abort()

    def push(self, *messages: list[Any]) -> None:
        """Send messages in one TCP write."""
        assert self.writer is not None
        self.writer.write(b"".join(frame(*message) for message in messages))

    def seen(self, kind: int) -> list[list[str]]:
        return [request for request in self.requests if request[0] == str(kind)]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.writer = writer
        self._writers.append(writer)
        try:
            await reader.readexactly(4)
            await reader.readexactly(int.from_bytes(await reader.readexactly(4), "big"))
            if self.version is None:
                await reader.read()
                return
            writer.write(frame(self.version, "20251121 09:30:00 US/Eastern"))
            while True:
                await self.reading.wait()
                length = int.from_bytes(await reader.readexactly(4), "big")
                fields = (await reader.readexactly(length)).decode().split("\0")[:-1]
                self.requests.append(fields)
                if fields[0] == str(START_API):
                    self.push(*(self.start_with if self.start_with is not None else self._greeting()))
                    continue
                answer = self.answers.get(int(fields[0]))
                if answer is not None:
                    answer(self, fields)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    def _greeting(self) -> list[list[Any]]:
        return [
            [15, 1, ACCOUNT],
            [9, 1, self.next_order_id],
            error(-1, 2104, "Market data farm connection is OK:usfarm"),
            error(-1, 2106, "HMDS data farm connection is OK:ushmds"),
        ]


def _contract_details(gateway: Gateway, fields: list[str]) -> None:
    req_id, _con, symbol, kind, expiry, strike, right = fields[2:9]
    if symbol != "SPY" or (kind == "OPT" and float(strike) % 1):
        gateway.push(error(req_id, 200, "No security definition has been found for the request"))
    elif kind == "OPT":
        gateway.push(option_details(req_id, option_con_id(strike, right), expiry, strike, right), [52, 1, req_id])
    else:
        gateway.push(spy_details(req_id), [52, 1, req_id])


def _account(gateway: Gateway, _: list[str]) -> None:
    gateway.push(
        [6, 2, "NetLiquidation", "100000.50", "USD", ACCOUNT],
        [6, 2, "NetLiquidation", "1", "EUR", ACCOUNT],
        [6, 2, "AccountType", "INDIVIDUAL", "", ACCOUNT],
        [8, 1, "09:31"],
        [54, 1, ACCOUNT],
    )
