"""Contracts as the broker knows them: qualified once, remembered, and given our own small ids."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from alphatrader.adapters.ibkr import numbers
from alphatrader.adapters.ibkr.requests import RequestRefusedError
from alphatrader.adapters.ibkr.session import Session
from alphatrader.domain.contracts import Instrument, OptionKey, Right
from alphatrader.domain.errors import DataError, LinkError, PacingError

FIRST_OPTION_ID = 1_000
MAX_REMEMBERED = 20_000
NO_SUCH_CONTRACT = 200


@dataclass(frozen=True, slots=True)
class _Refusal:
    """Why an option cannot be had; ``final`` if asking again today is pointless."""

    reason: str
    final: bool


class ContractBook:
    """Instruments with their broker contracts. Ids of options count up from 1000 in the order of the questions."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._contracts: dict[int, Any] = {}
        self._instruments: dict[int, Instrument] = {}
        self._options: dict[OptionKey, Instrument] = {}
        self._unlisted: dict[OptionKey, str] = {}
        self._next_option_id = FIRST_OPTION_ID

    def contract(self, instrument_id: int) -> Any:
        """Return the broker's contract. Raises DataError for an id that was never given out."""
        try:
            return self._contracts[instrument_id]
        except KeyError:
            raise DataError(f"instrument {instrument_id} was never qualified with the broker.") from None

    def instrument(self, instrument_id: int) -> Instrument:
        """Return the instrument. Raises DataError for an id that was never given out."""
        self.contract(instrument_id)
        return self._instruments[instrument_id]

    def exchange_of(self, con_id: int) -> str:
        """Return the exchange under which a qualified contract is quoted; empty for one that is not qualified here."""
        for instrument_id, instrument in self._instruments.items():
            if instrument.con_id == con_id:
                return str(self._contracts[instrument_id].exchange)
        return ""

    def known_option(self, key: OptionKey) -> Instrument | None:
        """Return the instrument of an option that was qualified before."""
        return self._options.get(key)

    async def underlying(self, symbol: str, instrument_id: int) -> Instrument:
        """Qualify a stock or index. Raises DataError if there is none or more than one, LinkError."""
        settings = self._session.settings
        index_exchange = settings.indices.get(symbol)
        contract = self._session.library.contract_class(
            symbol=symbol,
            secType="IND" if index_exchange else "STK",
            exchange=index_exchange or "SMART",
            currency="USD",
            primaryExchange="" if index_exchange else settings.primary_exchanges.get(symbol, ""),
        )
        try:
            rows = await self._details(f"the contract of {symbol}", contract)
        except RequestRefusedError as error:
            if error.code == NO_SUCH_CONTRACT:
                raise DataError(
                    f"the broker knows no {symbol}: {error.text}; check the symbol in the config."
                ) from error
            raise
        by_id = {int(row.contract.conId): row for row in rows}
        if len(by_id) != 1:
            found = ", ".join(sorted({str(row.contract.primaryExchange) for row in rows})) or "nothing"
            raise DataError(
                f"{symbol} is not one contract at the broker (found: {found}); "
                f"set primary_exchanges of the gateway for {symbol} to the exchange that lists it."
            )
        details = next(iter(by_id.values()))
        instrument = Instrument(
            instrument_id=instrument_id,
            symbol=symbol,
            con_id=int(details.contract.conId),
            kind="index" if index_exchange else "stock",
            min_tick=numbers.tick(details.minTick),
        )
        self._remember(instrument, self._for_trading(details.contract, index_exchange or "SMART"))
        return instrument

    async def options(self, keys: Sequence[OptionKey]) -> dict[OptionKey, Instrument | str]:
        """Qualify options; the value is the instrument, or the reason why there is none. Raises LinkError."""
        unknown = [key for key in dict.fromkeys(keys) if key not in self._options and key not in self._unlisted]
        answers = await self._qualify_all(unknown)
        # Ids are given in the order of the question, not of the answers: the same day gives the same ids.
        refused: dict[OptionKey, str] = {}
        for key in unknown:
            answer = answers[key]
            if not isinstance(answer, _Refusal):
                self._add_option(key, answer)
            elif answer.final and len(self._unlisted) < MAX_REMEMBERED:
                self._unlisted[key] = answer.reason
            else:
                refused[key] = answer.reason
        return {key: self._options.get(key) or self._unlisted.get(key) or refused[key] for key in dict.fromkeys(keys)}

    async def _qualify_all(self, keys: Sequence[OptionKey]) -> dict[OptionKey, Any]:
        try:
            async with asyncio.TaskGroup() as group:
                tasks = {key: group.create_task(self._qualify(key)) for key in keys}
        except* LinkError as errors:
            raise _first(errors) from errors
        return {key: task.result() for key, task in tasks.items()}

    async def _qualify(self, key: OptionKey) -> Any:
        contract = self._session.library.contract_class(
            symbol=key.symbol,
            secType="OPT",
            lastTradeDateOrContractMonth=key.expiry,
            strike=float(key.strike),
            right=key.right.value,
            exchange="SMART",
            currency="USD",
            tradingClass=key.trading_class,
        )
        try:
            rows = await self._details(f"the contract of {key.label('')}", contract)
        except RequestRefusedError as error:
            # Only "no such contract" is true for the whole day; after another refusal it is asked again.
            final = error.code == NO_SUCH_CONTRACT
            return _Refusal(f"not listed: {error.text}" if final else str(error), final)
        exact = [row for row in rows if _is_exactly(row.contract, key)]
        if len({int(row.contract.conId) for row in exact}) == 1:
            return exact[0]
        classes = sorted({str(row.contract.tradingClass) for row in rows})
        found = f"{len(rows)} (trading classes {', '.join(classes) or 'none'})"
        return _Refusal(f"not one contract: the broker lists {found}", final=True)

    def _add_option(self, key: OptionKey, details: Any) -> None:
        instrument = Instrument(
            instrument_id=self._next_option_id,
            symbol=key.symbol,
            con_id=int(details.contract.conId),
            kind="option",
            min_tick=numbers.tick(details.minTick),
            multiplier=int(float(details.contract.multiplier or 100)),
            option=key,
        )
        self._next_option_id += 1
        self._options[key] = instrument
        self._remember(instrument, self._for_trading(details.contract, "SMART"))

    def _remember(self, instrument: Instrument, contract: Any) -> None:
        if len(self._contracts) >= MAX_REMEMBERED:
            raise DataError(f"more than {MAX_REMEMBERED} contracts were qualified in one run; restart the trader.")
        self._contracts[instrument.instrument_id] = contract
        self._instruments[instrument.instrument_id] = instrument

    def _for_trading(self, contract: Any, exchange: str) -> Any:
        """Contract details may name one venue of many; data and orders go to the router."""
        contract.exchange = exchange
        return contract

    async def _details(self, what: str, contract: Any) -> list[Any]:
        try:
            return await self._session.ask(
                what, lambda client, request_id: client.reqContractDetails(request_id, contract)
            )
        except RequestRefusedError as error:
            if error.code == 100:
                raise PacingError(f"{what}: the gateway says that messages come too fast ({error.text}).") from error
            raise


def _is_exactly(contract: Any, key: OptionKey) -> bool:
    """A vague question can be answered with other contracts: only what was meant counts."""
    return (
        contract.symbol == key.symbol
        and str(contract.lastTradeDateOrContractMonth)[:8] == key.expiry
        and Decimal(repr(float(contract.strike))) == key.strike
        and str(contract.right)[:1] == Right(key.right).value
        and (not key.trading_class or contract.tradingClass == key.trading_class)
    )


def _first(errors: BaseExceptionGroup[Any]) -> Exception:
    found: BaseException = errors
    while isinstance(found, BaseExceptionGroup):
        found = found.exceptions[0]
    assert isinstance(found, Exception)
    return found
