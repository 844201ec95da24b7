"""A trader's engine on a bench: a market that moves by hand, and hands for everything that the outside answers."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any, Self, TypeVar

from msgspec.structs import replace

from alphatrader.domain import events as ev
from alphatrader.domain.orders import BrokerSnapshot, Execution, Leg, OpenOrder, OrderIntent, PositionRow
from alphatrader.engine.commands import ClaimSignal, Command, Notify, SubmitIntent, WriteRecord
from alphatrader.engine.settings import EngineSettings
from alphatrader.execution.trade import Trade
from tests.doubles.engine_market import EngineMarket
from tests.doubles.strategies_dir import STRATEGIES_DIR

C = TypeVar("C")


def armed_settings(symbols: Sequence[str] = ("SPY",), *, changes: dict[str, Any] | None = None, **blocks: Any) -> Any:
    """Settings with the tests' own strategies (``armed={...}``, ``rival={...}``) and other sections by ``changes``."""
    values = {"symbols": symbols, "strategies_dir": STRATEGIES_DIR, "strategies": blocks or {"armed": {}}}
    return EngineSettings.model_validate(values | (changes or {}))


class EngineBench(EngineMarket):
    """Drives an engine; every event goes through :meth:`post`, which collects commands."""

    # ------------------------------------------------------------------ a start

    def ready(self) -> Self:
        """Everything that an entry needs, but the flow."""
        self.post(ev.NextOrderId(ts_ns=self.now_ns, order_id=100))
        self.post(ev.StoreChanged(ts_ns=self.now_ns, up=True, reason="test"))
        self.link()
        self.snapshot()
        self.post(ev.AccountReported(ts_ns=self.now_ns, account="DU1", values={"AvailableFunds": 100_000.0}))
        for symbol in self.prices:
            self.universe(symbol)
            for expiry in self.expiries:
                self.add_options(symbol, expiry)
        self.post(ev.WarmupFinished(ts_ns=self.now_ns, rows=0))
        return self.advance(61)

    def link(self, *, healthy: bool = True) -> list[Command]:
        text = "connected" if healthy else "lost"
        return self.post(ev.LinkChanged(ts_ns=self.now_ns, healthy=healthy, code=0 if healthy else 1100, text=text))

    # ------------------------------------------------------------------ decisions and answers

    def decide(self) -> list[Command]:
        return self.post(ev.DecisionTimer(ts_ns=self.now_ns))

    def look(self, seconds: float = 0.2) -> list[Command]:
        """Let time pass with every feed alive, and decide."""
        return self.advance(seconds).prints().decide()

    def arm(self, *names: str, on: Iterable[str] | None = None) -> Self:
        """Let exactly these strategies say yes, on these underlyings."""
        for name, strategy in self.strategies.items():
            strategy.armed = name in names
            strategy.on_symbols = None if on is None else frozenset(on)
        return self

    def claim(self, *, granted: bool = True) -> list[Command]:
        """Answer the newest claim."""
        return self.claim_of(self.of(ClaimSignal)[-1], granted=granted)

    def claim_of(self, asked: ClaimSignal, *, granted: bool = True) -> list[Command]:
        """Answer a claim."""
        return self.post(
            ev.ClaimAnswered(
                ts_ns=self.now_ns,
                fingerprint=asked.fingerprint,
                signal_id=asked.signal_id,
                granted=granted,
                reason="" if granted else "Redis did not answer",
            )
        )

    def sent(self, commands: Iterable[Command]) -> OrderIntent:
        """Journal and send the one intent among commands."""
        (submit,) = (c for c in commands if isinstance(c, SubmitIntent))
        intent = submit.approved.value
        self.post(ev.IntentJournaled(ts_ns=self.now_ns, intent_id=intent.intent_id))
        for ticket in intent.tickets:
            self.post(ev.OrderSent(ts_ns=self.now_ns, intent_id=intent.intent_id, order_id=ticket.order_id))
        return intent

    def entered(self) -> OrderIntent:
        """Take a signal of the flow through to an intent whose bytes are out."""
        self.flow().decide()
        return self.sent(self.claim())

    def enter(self, name: str = "armed", symbol: str = "SPY") -> OrderIntent:
        """The same for a strategy that obeys."""
        self.arm(name, on=(symbol,)).look()
        intent = self.sent(self.claim())
        self.arm()
        return intent

    def hold(self, name: str = "armed", symbol: str = "SPY", price: str | None = None) -> OrderIntent:
        """Have a position whose stop and targets rest at the broker."""
        intent = self.enter(name, symbol)
        self.work(intent)
        for ticket in intent.tickets:
            if ticket.leg is Leg.ENTRY:
                self.fill_ticket(intent, ticket, ticket.quantity, price or str(ticket.limit_price))
        self.snapshot(orders=self.working_orders())
        return intent

    def work(self, intent: OrderIntent) -> None:
        """Every order of the intent works."""
        for ticket in intent.tickets:
            self.report_ticket(intent, ticket, "PreSubmitted" if ticket.parent_id else "Submitted")

    def snapshot(self, *, complete: bool = True, orders: tuple[OpenOrder, ...] = ()) -> list[Command]:
        """Answer a reconciliation with what the ledger holds."""
        ledger = self.engine.book.ledger
        held = [(con_id, ledger.quantity(con_id)) for con_id in ledger.con_ids()]
        rows = tuple(PositionRow("DU1", con_id, "SPY", quantity, Decimal(0)) for con_id, quantity in held if quantity)
        body = BrokerSnapshot(rows, orders, (), complete=complete, missing="" if complete else "positions")
        return self.post(ev.SnapshotReceived(ts_ns=self.now_ns, snapshot=body))

    def working_orders(self) -> tuple[OpenOrder, ...]:
        """What a poll would list: every order of ours that works."""
        orders = self.engine.book.live_orders()
        return tuple(
            open_order(self.engine.book.intents[o.intent_id], o.ticket, "PreSubmitted", o.filled) for o in orders
        )

    def report(self, intent: OrderIntent, leg: Leg, status: str, filled: int = 0, **changes: Any) -> list[Command]:
        """Tell of the first order that plays a part."""
        ticket = next(t for t in intent.tickets if t.leg is leg)
        return self.report_ticket(intent, ticket, status, filled, **changes)

    def report_ticket(
        self, intent: OrderIntent, ticket: Any, status: str, filled: int = 0, **changes: Any
    ) -> list[Command]:
        order = replace(open_order(intent, ticket, status, filled), **changes)
        return self.post(ev.OrderReported(ts_ns=self.now_ns, order=order, average_price=Decimal(0)))

    def fill(self, intent: OrderIntent, leg: Leg, quantity: int, price: str) -> list[Command]:
        return self.fill_ticket(intent, next(t for t in intent.tickets if t.leg is leg), quantity, price)

    def fill_ticket(self, intent: OrderIntent, ticket: Any, quantity: int, price: str) -> list[Command]:
        return self.execute(intent.con_id, ticket.side, quantity, price, ticket.order_id, intent.order_ref(ticket))

    def execute(
        self, con_id: int, side: Any, quantity: int, price: str, order_id: int = 0, reference: str = ""
    ) -> list[Command]:
        """Tell of an execution; without a reference it is a stranger's."""
        self.exec_ids += 1
        execution = Execution(
            exec_id=f"{self.run_id}.{self.exec_ids}.01",
            order_id=order_id,
            perm_id=9_000 + order_id if order_id else 77_000 + self.exec_ids,
            con_id=con_id,
            side=side,
            quantity=quantity,
            price=Decimal(price),
            ts_ns=self.now_ns,
            order_ref=reference,
        )
        return self.post(ev.ExecutionReported(ts_ns=self.now_ns, execution=execution))

    # ------------------------------------------------------------------ what it sees

    def of(self, kind: type[C], commands: Iterable[Command] | None = None) -> list[C]:
        """Commands of a kind: of all, or of some."""
        return [c for c in (self.commands if commands is None else commands) if isinstance(c, kind)]

    def records(self, kind: type[C], commands: Iterable[Command] | None = None) -> list[C]:
        """What was journaled of a kind."""
        return [c.record for c in self.of(WriteRecord, commands) if isinstance(c.record, kind)]

    def notices(self) -> list[str]:
        return [c.text for c in self.of(Notify)]

    def codes(self, commands: Iterable[Command] | None = None) -> list[str]:
        """Codes of the lines for people."""
        return [c.code for c in self.of(Notify, commands)]

    def blocks(self, symbol: str = "SPY") -> set[str]:
        """Codes of everything that forbids an entry now."""
        return {denial.code for denial in self.engine.ground.blocks(symbol)}

    def blocked(self, name: str = "armed", symbol: str = "SPY") -> dict[str, int]:
        """Refusals of a strategy in an underlying, by code."""
        return dict(self.engine.entries.refusals.of(name, symbol).blocked)

    def trade(self, intent: OrderIntent) -> Trade:
        return self.engine.book.trades[intent.intent_id]


def open_order(intent: OrderIntent, ticket: Any, status: str, filled: int = 0) -> OpenOrder:
    """The broker's word on an order of ours."""
    return OpenOrder(
        order_id=ticket.order_id,
        perm_id=9_000 + ticket.order_id,
        client_id=1,
        con_id=intent.con_id,
        side=ticket.side,
        quantity=ticket.quantity,
        order_type=ticket.order_type,
        status=status,
        order_ref=intent.order_ref(ticket),
        filled=filled,
        limit_price=ticket.limit_price,
        stop_price=ticket.stop_price,
    )
