"""The change from one session to the next: what ends with a day, and what the new one starts from."""

from alphatrader.sim.exchange.desk import Desk
from alphatrader.sim.exchange.hours import traded_contracts
from alphatrader.sim.exchange.seen import Seen
from alphatrader.sim.exchange.settlement import Settlement

_KEPT_NS = 7 * 86_400_000_000_000
"""How far back executions are kept where clients may ask for those of earlier days."""


class Days:
    """Rolls the account over to new days."""

    def __init__(self, desk: Desk, settlement: Settlement) -> None:
        self._desk = desk
        self._settlement = settlement

    def resume(self) -> None:
        """Begin: a first day, the day that was interrupted, or a later one."""
        account, market = self._desk.account, self._desk.market
        if account.session_date != market.session_date:
            self._start_day()
        elif not account.day_start_ns:
            account.day_start_ns = market.now_ns

    def change(self, seen: Seen) -> None:
        """Follow the market's session and listing."""
        desk = self._desk
        if any(change.event == "close" for change in seen.changes):
            desk.valuation.remember_closing_marks()
        desk.instruments.refresh(self._needed())
        if desk.account.session_date != desk.market.session_date:
            self._start_day()

    def _start_day(self) -> None:
        desk = self._desk
        account, now_ns = desk.account, desk.now_ns
        self._settlement.run(day_ends=True)
        desk.valuation.start_day()
        month_changes = account.session_date[:7] != desk.market.session_date[:7]
        account.contracts_traded = 0 if month_changes else account.contracts_traded
        account.session_date, account.day_start_ns = desk.market.session_date, now_ns
        since_ns = now_ns if desk.behaviours.on("executions_current_day") else now_ns - _KEPT_NS
        desk.executions[:] = [record for record in desk.executions if record.ts_ns >= since_ns]
        desk.journal.note_dropped(desk.registry.drop_closed_before(now_ns))
        for order in desk.registry.live():
            # Whoever was ahead in the queue has gone home.
            order.rested, order.queue_ahead, order.trigger_hits = False, -1, 0
            desk.journal.note(order)
            desk.unmatched.add(order.perm_id)
        held = [desk.instruments[con_id] for con_id, position in account.positions.items() if position.quantity]
        desk.journal.note_day(held)

    def _needed(self) -> list[int]:
        desk = self._desk
        needed = [con_id for con_id, position in desk.account.positions.items() if position.quantity]
        needed += [con_id for order in desk.registry.live() for con_id in traded_contracts(order)]
        needed += [record.con_id for record in desk.executions]
        return needed
