"""The whole exchange under random clients, markets and restarts: what must hold whatever happens."""

from decimal import Decimal

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from tests.sim.exchange.conftest import DaysMarket, Floor, listed

from alphatrader.sim.exchange.fills import effective_executions
from alphatrader.sim.exchange.orders import COMBO_CON_ID, ComboLeg, OrderStatus
from alphatrader.sim.exchange.reports import FillReport
from alphatrader.sim.exchange.settings import Latency
from alphatrader.sim.scripted import CALL_CON_ID, CLOSE_NS, NEXT_CALL_CON_ID, PUT_CON_ID, SPY_CON_ID

SINGLES = (SPY_CON_ID, CALL_CON_ID, PUT_CON_ID, NEXT_CALL_CON_ID)
MULTIPLIERS = {SPY_CON_ID: 1, CALL_CON_ID: 100, PUT_CON_ID: 100, NEXT_CALL_CON_ID: 100}
MIDDLES = {SPY_CON_ID: 650, CALL_CON_ID: 2, PUT_CON_ID: 2, NEXT_CALL_CON_ID: 3}
CALENDAR = (ComboLeg(NEXT_CALL_CON_ID, 1, "BUY"), ComboLeg(CALL_CON_ID, 1, "SELL"))
TYPES = ("MKT", "LMT", "STP", "STP LMT", "MIT", "TRAIL", "MTL", "REL")

sides = st.sampled_from(["BUY", "SELL"])
ticks = st.integers(-15, 15)


def near(con_id, tick):
    return f"{MIDDLES[con_id] + tick / 100:.2f}"


class ExchangeMachine(RuleBasedStateMachine):
    """Drives one exchange over one account, and keeps its own books from what was reported."""

    make_path = None

    @initialize(
        kind=st.sampled_from(["margin", "cash"]), latency=st.sampled_from([0, 5]), settlement=st.sampled_from("pc")
    )
    def start(self, kind, latency, settlement):
        expiring = {
            "last_trade_ns": CLOSE_NS,
            "settlement_ns": CLOSE_NS,
            "settlement": "physical" if settlement == "p" else "cash",
            "style": "american",
        }
        contracts = [
            listed(SPY_CON_ID),
            listed(CALL_CON_ID, **expiring),
            listed(PUT_CON_ID, **expiring),
            listed(NEXT_CALL_CON_ID),
        ]
        delay = Latency(latency)
        self.floor = Floor(
            self.make_path(),
            market=DaysMarket(contracts),
            account_type=kind,
            acknowledgement=delay,
            cancellation=delay,
            cash="100000",
        )
        self.groups = {}
        self.modified = set()
        self.heard = {}
        self.days = 0

    @property
    def exchange(self):
        return self.floor.exchange

    # ------------------------------------------------------------------------------------------------- what clients do

    @rule(
        con_id=st.sampled_from(SINGLES),
        side=sides,
        quantity=st.integers(1, 9),
        kind=st.sampled_from(TYPES),
        tick=ticks,
        tif=st.sampled_from(["DAY", "GTC", "IOC", "FOK"]),
    )
    def place(self, con_id, side, quantity, kind, tick, tif):
        price = near(con_id, tick)
        stop = "0.10" if kind == "TRAIL" else price
        self.floor.place(
            side, quantity, kind, limit=price, stop=None if kind == "REL" else stop, con_id=con_id, tif=tif
        )

    @rule(con_id=st.sampled_from(SINGLES), quantity=st.integers(1, 5), tick=ticks)
    def bracket(self, con_id, quantity, tick):
        floor = self.floor
        parent = floor.place(quantity=quantity, limit=near(con_id, tick), con_id=con_id, transmit=False)
        floor.place("SELL", quantity, "LMT", near(con_id, tick + 5), con_id=con_id, parent_id=parent, transmit=False)
        floor.place("SELL", quantity, "STP", stop=near(con_id, tick - 5), con_id=con_id, parent_id=parent)

    @rule(con_id=st.sampled_from(SINGLES), oca_type=st.sampled_from([1, 2, 3]), data=st.data())
    def group(self, con_id, oca_type, data):
        held = self.floor.held(con_id)
        if held <= 0 or any(order.con_id == con_id for order in self.exchange.registry.live()):
            return
        group = f"g{len(self.groups)}"
        self.groups[group] = held
        for tick in data.draw(st.lists(ticks, min_size=2, max_size=3)):
            self.floor.place("SELL", held, "LMT", near(con_id, tick), con_id=con_id, oca_group=group, oca_type=oca_type)

    @rule(side=sides, quantity=st.integers(1, 4), cents=st.integers(90, 130))
    def combine(self, side, quantity, cents):
        self.floor.place(side, quantity, limit=f"{cents / 100:.2f}", con_id=COMBO_CON_ID, legs=CALENDAR)

    @precondition(lambda self: self.exchange.registry.live())
    @rule(data=st.data(), quantity=st.integers(1, 9), tick=ticks)
    def modify(self, data, quantity, tick):
        order = data.draw(st.sampled_from(self.exchange.registry.live()))
        if order.order_type != "LMT" or order.legs or order.oca_group in self.groups:
            return
        self.modified.add(order.perm_id)
        self.floor.place(
            order.side,
            quantity,
            limit=near(order.con_id, tick),
            con_id=order.con_id,
            order_id=order.order_id,
            parent_id=order.parent_id,
            oca_group=order.oca_group,
            oca_type=order.oca_type,
            tif=order.tif,
        )

    @precondition(lambda self: self.exchange.registry.live())
    @rule(data=st.data())
    def cancel(self, data):
        self.exchange.cancel(data.draw(st.sampled_from(self.exchange.registry.live())))
        self.floor.settle()

    # ---------------------------------------------------------------------------------------------------- what happens

    @rule(con_id=st.sampled_from(SINGLES), tick=ticks, spread=st.integers(1, 6), size=st.integers(0, 12))
    def quote(self, con_id, tick, spread, size):
        bid = float(near(con_id, tick))
        self.floor.market.set_quote(con_id, bid if size else 0, round(bid + spread / 100, 2), size or 3)
        self.floor.step()

    @rule(con_id=st.sampled_from(SINGLES), tick=ticks, size=st.integers(1, 12))
    def trade(self, con_id, tick, size):
        self.floor.market.trade(con_id, float(near(con_id, tick)), size)
        self.floor.step()

    @rule()
    def restart(self):
        before = self._state()
        self.floor.reopen()
        assert self._state() == before

    @precondition(lambda self: self.exchange.executions and self.days == 0)
    @rule(data=st.data(), cents=st.integers(-3, 3))
    def correct(self, data, cents):
        single = [fill for fill in self.exchange.executions if fill.con_id != COMBO_CON_ID and fill.quantity]
        if single:
            fill = data.draw(st.sampled_from(single))
            price = max(Decimal("0.01"), fill.price + Decimal(cents) / 100)
            self.exchange.correct_execution(fill.exec_id, price=price)
            self.floor.settle()

    @precondition(lambda self: self.days < 2)
    @rule(spot=st.sampled_from([640.0, 650.0, 655.5]))
    def next_day(self, spot):
        floor = self.floor
        floor.at(max(floor.market.now_ns, floor.market.close_ns))
        floor.market.change("close")
        floor.market.settlements.update({CALL_CON_ID: spot, PUT_CON_ID: spot})
        floor.step()
        self._take_in()
        floor.market.next_day(without={CALL_CON_ID, PUT_CON_ID})
        self.days += 1
        floor.step()
        self._take_in()
        assert all(record.ts_ns >= self.exchange.account.day_start_ns for record in self.exchange.executions)
        floor.at(floor.market.open_ns)

    # ----------------------------------------------------------------------------------------------------- what holds

    def _take_in(self):
        for report in self.floor.reports:
            if isinstance(report, FillReport):
                self.heard[report.execution.exec_id] = report.execution
        self.floor.reports.clear()

    def _state(self):
        exchange = self.exchange
        return (
            exchange.account.cash,
            {con_id: held for con_id, held in exchange.account.positions.items() if held.quantity},
            exchange.registry.live(),
            exchange.executions,
        )

    @invariant()
    def positions_are_the_sums_of_what_was_reported(self):
        self._take_in()
        records = list(self.heard.values())
        cash = Decimal(100_000)
        for con_id, multiplier in MULTIPLIERS.items():
            fills = effective_executions(records, con_id)
            signed = {fill.exec_id: fill.quantity if fill.side == "BUY" else -fill.quantity for fill in fills}
            assert sum(signed.values()) == self.floor.held(con_id)
            cash -= sum(
                (fill.price * signed[fill.exec_id] * multiplier + fill.commission for fill in fills), Decimal(0)
            )
        assert cash == self.exchange.account.cash

    @invariant()
    def profit_is_what_the_account_gained(self):
        figures = self.exchange.figures()
        if self.days == 0:
            assert abs(figures.daily - figures.realized - figures.unrealized) < Decimal("0.02")
        contracts = sum((self.exchange.pnl(con_id).daily for con_id in self.exchange.account.positions), Decimal(0))
        assert abs(contracts - figures.daily) < Decimal("0.01")

    @invariant()
    def orders_fill_no_more_than_they_ask_and_at_no_worse_price(self):
        for order in [*self.exchange.registry.live(), *self.exchange.registry.closed()]:
            assert 0 <= order.filled <= order.quantity
            assert (order.status is OrderStatus.FILLED) == (order.remaining == 0 and order.filled > 0)
            limit = order.limit_price if order.order_type == "LMT" else None
            if limit is None or order.perm_id in self.modified:
                continue
            for fill in self.exchange.executions:
                if fill.perm_id == order.perm_id and fill.con_id == order.con_id and fill.exec_id.endswith(".01"):
                    assert fill.price <= limit if order.side == "BUY" else fill.price >= limit

    @invariant()
    def exits_never_sell_more_than_the_entry_bought(self):
        registry = self.exchange.registry
        for parent in [*registry.live(), *registry.closed()]:
            children = registry.children(parent)
            assert sum(child.filled for child in children) <= parent.filled

    @invariant()
    def a_group_never_sells_more_than_was_held(self):
        orders = [*self.exchange.registry.live(), *self.exchange.registry.closed()]
        for group, held in self.groups.items():
            assert sum(order.filled for order in orders if order.oca_group == group) <= held

    @invariant()
    def margin_is_never_silently_negative(self):
        figures = self.exchange.figures()
        assert figures.initial_margin >= figures.maintenance_margin >= 0
        if figures.excess_liquidity < 0:
            refused = self.floor.place("BUY", 1, limit="650", con_id=SPY_CON_ID)
            order = self.floor.order(refused)
            assert order.status is OrderStatus.INACTIVE or self.floor.held(SPY_CON_ID) < 0
            if not order.done:
                self.exchange.cancel(order)
            self.floor.settle()
            self._take_in()


def test_the_exchange_keeps_its_books(tmp_path_factory):
    class Machine(ExchangeMachine):
        make_path = staticmethod(lambda: tmp_path_factory.mktemp("exchange") / "exchange.db")

    run_state_machine_as_test(Machine, settings=settings(max_examples=40, stateful_step_count=40, deadline=None))
