"""Past prints: pages of historical ticks, read backwards from the end and handed on oldest first.

Backwards, because the number of pages is limited (the gateway paces history hard), and what is nearest to now is worth
most: if the limit strikes, the beginning is missing and not the end.
"""

import asyncio
from datetime import UTC, datetime
from typing import Any

import structlog

from alphatrader.adapters.ibkr.requests import RequestRefusedError
from alphatrader.adapters.ibkr.session import Session
from alphatrader.ports import EventSink

_log = structlog.get_logger(__name__)

PAGE = 1_000
NO_DATA = 162
NS = 1_000_000_000


class PrintHistory:
    """Reads TRADES ticks."""

    def __init__(self, session: Session, sink: EventSink) -> None:
        self._session = session
        self._sink = sink

    async def feed(
        self, contract: Any, label: str, instrument_id: int, start_ns: int, end_ns: int, max_requests: int
    ) -> int:
        """Feed prints of ``[start, end)``; return how many. Raises LinkError, RequestRefusedError.

        Ticks carry whole seconds. The second in which ``end_ns`` falls is left out: its prints may come live as well,
        and a print that is missing harms less than one that counts twice.
        """
        start_s, end_s = start_ns // NS, end_ns // NS
        pages: list[list[Any]] = []
        for _ in range(max_requests):
            if end_s <= start_s:
                break
            try:
                page = await self._page(contract, label, end_s)
            except RequestRefusedError as error:
                if error.code != NO_DATA or "pacing" not in error.text.lower():
                    raise
                _log.warning("the gateway paces history; the warm-up begins later", label=label, pages=len(pages))
                break
            page = [tick for tick in page if _second(tick) < end_s]
            if not page:
                break
            first_s = _second(page[0])
            whole = [tick for tick in page if _second(tick) > first_s]
            if whole and len(page) >= PAGE:
                # The first second of a full page may be cut: leave it to the next page.
                pages.append(whole)
                end_s = first_s + 1
            else:
                pages.append(page)
                end_s = first_s
        count = 0
        for page in reversed(pages):
            for tick in page:
                ts_ns = _second(tick) * NS
                if start_ns <= ts_ns < end_ns and tick.price > 0 and tick.size > 0:
                    self._sink.trade(instrument_id, tick.price, tick.size, tick.exchange, tick.specialConditions, ts_ns)
                    count += 1
            await asyncio.sleep(0)  # a day of prints must not hold up the loop
        return count

    async def _page(self, contract: Any, label: str, end_s: int) -> list[Any]:
        end = datetime.fromtimestamp(end_s, UTC).strftime("%Y%m%d-%H:%M:%S")
        try:
            return await self._session.ask(
                f"the history of {label}",
                lambda client, request_id: client.reqHistoricalTicks(
                    request_id, contract, "", end, PAGE, "TRADES", 0, False, []
                ),
            )
        except RequestRefusedError as error:
            if error.code == NO_DATA and "no data" in error.text.lower():
                return []
            raise


def _second(tick: Any) -> int:
    return int(tick.time.timestamp())
