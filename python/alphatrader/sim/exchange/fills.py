"""Fills: what a trade does to order, account and record; corrections and busts of the day's executions."""

from decimal import Decimal

from msgspec import structs

from alphatrader.domain.errors import ConfigError
from alphatrader.sim.exchange.charges import Charges
from alphatrader.sim.exchange.combos import ComboTake, LegTake
from alphatrader.sim.exchange.desk import Desk
from alphatrader.sim.exchange.orders import COMBO_CON_ID, ExecutionRecord, Order, OrderStatus, Side
from alphatrader.sim.exchange.reports import CommissionReport, FillReport, PositionReport
from alphatrader.sim.market.types import ListedContract

MADE, TOOK = 1, 2
"""Liquidity of an execution: it rested and was hit, or it took."""


class Fills:
    """Books trades."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self.lot = 0
        """The most that one execution fills (fault injection); 0 = any size."""
        self.charges = Charges(desk.account, surcharge=desk.behaviours.on("index_option_surcharge"))

    def fill(self, order: Order, quantity: int, price: Decimal, liquidity: int, venue: str = "") -> None:
        """Fill an order in its own contract; in several parts if ``lot`` says so."""
        part = min(self.lot or quantity, quantity)
        self._fill_part(order, part, price, liquidity, venue)
        left = min(quantity - part, order.remaining)
        if left > 0 and not order.done:
            self.fill(order, left, price, liquidity, venue)

    def _fill_part(self, order: Order, quantity: int, price: Decimal, liquidity: int, venue: str) -> None:
        contract = self._desk.instruments[order.con_id]
        stem = self._desk.sequence.next_exec_stem()
        order.filled += quantity
        order.notional += price * quantity
        order.last_price = price
        record = self._book(order, contract, order.side, quantity, price, f"{stem}.01.01", liquidity, venue)
        self._tell(order, [record], [record], quantity)

    def fill_combo(self, order: Order, take: ComboTake, liquidity: int) -> None:
        """Fill units of a combination: one record of the whole, one of each leg."""
        stem = self._desk.sequence.next_exec_stem()
        order.filled += take.units
        order.notional += take.net * take.units
        order.last_price = take.net
        before = order.leg_notional or (Decimal(0),) * len(take.legs)
        order.leg_notional = tuple(
            total + leg.price * leg.quantity * take.units for total, leg in zip(before, take.legs, strict=True)
        )
        whole = self._combo_record(order, take, f"{stem}.01.01", liquidity)
        self._desk.executions.append(whole)
        self._desk.journal.note_execution(whole)
        legs = [
            self._book_leg(order, leg, number, take.units, f"{stem}.{number + 2:02d}.01", liquidity)
            for number, leg in enumerate(take.legs)
        ]
        shown = [whole, *legs] if self._desk.behaviours.on("combo_execution_of_the_whole") else legs
        self._tell(order, shown, legs, take.units)

    def move(
        self, contract: ListedContract, side: Side, quantity: int, price: Decimal, carried: Decimal = Decimal(0)
    ) -> None:
        """Book what moves a position without an order: expiry, exercise, assignment."""
        desk = self._desk
        realized = desk.account.book(
            contract.con_id, side, quantity, price * quantity * contract.multiplier, carried=carried
        )
        record = ExecutionRecord(
            exec_id=f"{desk.sequence.next_exec_stem()}.01.01",
            perm_id=desk.sequence.next_perm_id(),
            client_id=0,
            order_id=0,
            con_id=contract.con_id,
            side=side,
            quantity=quantity,
            price=price,
            ts_ns=desk.now_ns,
            venue=contract.primary_exchange or "CBOE",
            cumulative_quantity=quantity,
            average_price=price,
            order_ref="",
            liquidity=0,
            commission=Decimal(0),
            realized_pnl=realized,
            carried=carried,
        )
        self._keep(record)
        if desk.behaviours.on("settlement_executions"):
            desk.report(FillReport(record))
            desk.report(CommissionReport(record))
        desk.report(PositionReport(contract.con_id))

    # -------------------------------------------------------------------------------------------------- corrections

    def correct(
        self, exec_id: str, *, price: Decimal | None = None, quantity: int | None = None, told: bool = True
    ) -> ExecutionRecord:
        """Correct an execution of today: same id but for its last part. Raises ConfigError for an unknown one.

        Position, cash and realised profit become what they would have been; the order keeps what it has reported.
        """
        old = self._latest(exec_id)
        stem, revision = old.exec_id.rsplit(".", 1)
        new_price = old.price if price is None else price
        record = structs.replace(
            old,
            exec_id=f"{stem}.{int(revision) + 1:02d}",
            price=new_price,
            quantity=old.quantity if quantity is None else quantity,
            commission=old.commission if quantity != 0 else Decimal(0),
        )
        desk = self._desk
        desk.executions.append(record)
        realized = self._rebook(record)
        record = structs.replace(record, realized_pnl=realized)
        desk.executions[-1] = record
        desk.journal.note_execution(record)
        if told:
            desk.report(FillReport(record))
            desk.report(CommissionReport(record))
        desk.report(PositionReport(record.con_id))
        return record

    def bust(self, exec_id: str) -> ExecutionRecord:
        """Take back an execution of today: a correction to quantity 0. Raises ConfigError for an unknown one."""
        return self.correct(exec_id, quantity=0)

    def _latest(self, exec_id: str) -> ExecutionRecord:
        stem = exec_id.rsplit(".", 1)[0]
        for record in reversed(self._desk.executions):
            if record.exec_id.rsplit(".", 1)[0] == stem and record.con_id != COMBO_CON_ID:
                return record
        raise ConfigError(f"no execution {exec_id!r} of today can be corrected (combinations: name a leg)")

    def _rebook(self, corrected: ExecutionRecord) -> Decimal | None:
        """Book the day of a contract anew from its latest records; return what the corrected one realised."""
        desk = self._desk
        records = effective_executions(desk.executions, corrected.con_id, desk.account.day_start_ns)
        multiplier = desk.instruments[corrected.con_id].multiplier
        fills = [
            (
                record.side,
                record.quantity,
                record.price * record.quantity * multiplier,
                record.commission,
                record.carried,
            )
            for record in records
        ]
        realized = desk.account.rebook(corrected.con_id, fills)
        return next((gain for record, gain in zip(records, realized, strict=True) if record is corrected), None)

    # ---------------------------------------------------------------------------------------------------------- parts

    def _book(
        self,
        order: Order,
        contract: ListedContract,
        side: Side,
        quantity: int,
        price: Decimal,
        exec_id: str,
        liquidity: int,
        venue: str,
    ) -> ExecutionRecord:
        commission = self.charges.charge(order, contract, side, quantity, price)
        value = price * quantity * contract.multiplier
        record = ExecutionRecord(
            exec_id=exec_id,
            perm_id=order.perm_id,
            client_id=order.client_id,
            order_id=order.order_id,
            con_id=contract.con_id,
            side=side,
            quantity=quantity,
            price=price,
            ts_ns=self._desk.now_ns,
            venue=venue or contract.primary_exchange or "CBOE",
            cumulative_quantity=order.filled,
            average_price=order.average_price,
            order_ref=order.order_ref,
            liquidity=liquidity,
            commission=commission,
            realized_pnl=self._desk.account.book(contract.con_id, side, quantity, value, commission),
            liquidation=order.liquidation,
        )
        if not order.legs:
            self._keep(record)
        return record

    def _book_leg(
        self, order: Order, leg: LegTake, number: int, units: int, exec_id: str, liquidity: int
    ) -> ExecutionRecord:
        contract = self._desk.instruments[leg.con_id]
        booked = self._book(order, contract, leg.side, leg.quantity * units, leg.price, exec_id, liquidity, "")
        done = order.filled * leg.quantity
        record = structs.replace(booked, cumulative_quantity=done, average_price=order.leg_notional[number] / done)
        self._keep(record)
        return record

    def _combo_record(self, order: Order, take: ComboTake, exec_id: str, liquidity: int) -> ExecutionRecord:
        return ExecutionRecord(
            exec_id=exec_id,
            perm_id=order.perm_id,
            client_id=order.client_id,
            order_id=order.order_id,
            con_id=COMBO_CON_ID,
            side=order.side,
            quantity=take.units,
            price=take.net,
            ts_ns=self._desk.now_ns,
            venue=self._desk.instruments[take.legs[0].con_id].primary_exchange or "CBOE",
            cumulative_quantity=order.filled,
            average_price=order.average_price,
            order_ref=order.order_ref,
            liquidity=liquidity,
            commission=Decimal(0),
            realized_pnl=None,
            legs=order.legs,
        )

    def _keep(self, record: ExecutionRecord) -> None:
        self._desk.executions.append(record)
        self._desk.journal.note_execution(record)

    def _tell(self, order: Order, shown: list[ExecutionRecord], booked: list[ExecutionRecord], quantity: int) -> None:
        """Report a fill in the order of a real gateway, then let the order's relatives know."""
        desk = self._desk
        delay_ns = desk.settings.report.draw_ns(desk.settings.rng("report", desk.sequence.execution))
        for record in shown:
            desk.report(FillReport(record), delay_ns)
        if order.remaining == 0:
            order.status, order.closed_ns = OrderStatus.FILLED, desk.now_ns
            desk.note(order)
            desk.registry.close(order)
            # Real gateways report the last status twice; clients must live with it.
            desk.note(order, full=False)
        else:
            if order.status is not OrderStatus.PENDING_CANCEL:
                order.status = OrderStatus.SUBMITTED
            desk.note(order)
        for record in booked:
            desk.report(CommissionReport(record))
            desk.report(PositionReport(record.con_id))
        desk.families.after_fill(order, quantity)
        for relative in desk.families.family(order):
            if relative.perm_id != order.perm_id and not relative.done:
                desk.unmatched.add(relative.perm_id)


def effective_executions(executions: list[ExecutionRecord], con_id: int, since_ns: int = 0) -> list[ExecutionRecord]:
    """Return the executions of a contract, each in its last correction, in the order of the first."""
    latest: dict[str, ExecutionRecord] = {}
    for record in executions:
        if record.con_id == con_id and record.ts_ns >= since_ns:
            latest[record.exec_id.rsplit(".", 1)[0]] = record
    return [record for record in latest.values() if record.quantity]
