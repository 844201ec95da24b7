"""A trader's engine on a bench: one-sided flow, an option quote, and hands for everything the outside answers."""

from decimal import Decimal

from alphatrader.domain import events as ev
from alphatrader.domain.contracts import Instrument, OptionKey, Right
from alphatrader.domain.orders import BrokerSnapshot, Execution, Leg, OpenOrder, OrderIntent, PositionRow
from alphatrader.domain.records import RestoredState
from alphatrader.engine.commands import ClaimSignal, Command, Notify, SubmitIntent
from alphatrader.engine.engine import Engine
from alphatrader.engine.settings import EngineSettings

S = 1_000_000_000
OPEN_NS = 1_763_994_600 * S  # 2025-11-24 09:30 New York
CLOSE_NS = OPEN_NS + 390 * 60 * S
EXPIRY = "20251124"
SPY = Instrument(1, "SPY", 756733, "stock", Decimal("0.01"))
CHAIN_ROW = (
    '{{"contractID":"SPY251124{right}{strike:08d}","symbol":"SPY","expiration":"2025-11-24","strike":"{dollars}.00",'
    '"type":"{kind}","last":"1.50","mark":"1.50","bid":"1.49","bid_size":"50","ask":"1.51","ask_size":"50",'
    '"volume":"900","open_interest":"{oi}","date":"2025-11-24","implied_volatility":"0.16","delta":"0.45",'
    '"gamma":"0.05","theta":"-0.9","vega":"0.05","rho":"0.01"}}'
)


def chain_body() -> bytes:
    """A small chain whose puts outweigh its calls: dealers short gamma, so no damping."""
    rows = [
        CHAIN_ROW.format(right=right, strike=dollars * 1000, dollars=dollars, kind=kind, oi=oi)
        for dollars in range(645, 656)
        for right, kind, oi in (("C", "call", 1_000), ("P", "put", 4_000))
    ]
    return ('{"endpoint":"Realtime Options","message":"success","data":[' + ",".join(rows) + "]}").encode()


class EngineBench:
    """Drives an engine; every event goes through :meth:`post`, which collects commands."""

    def __init__(self, settings: EngineSettings | None = None, restored: RestoredState | None = None) -> None:
        self.engine = Engine(settings or EngineSettings())
        self.now_ns = OPEN_NS + 7_200 * S
        self.price = 650.0
        self.commands: list[Command] = []
        self.exec_ids = 0
        self.post(
            ev.RunStarted(
                ts_ns=self.now_ns,
                run_id="t",
                mode="paper",
                seed=0,
                time_scale=1.0,
                settings=self.engine.state.settings.model_dump_json(),
                build="test",
                session_date="2025-11-24",
                session_open_ns=OPEN_NS,
                session_close_ns=CLOSE_NS,
            )
        )
        self.post(ev.JournalRestored(ts_ns=self.now_ns, restored=restored or RestoredState()))
        self.post(ev.InstrumentAdded(ts_ns=self.now_ns, instrument=SPY))

    def post(self, event: ev.ControlEvent) -> list[Command]:
        commands = self.engine.handle(event)
        self.commands += commands
        return commands

    def ready(self) -> "EngineBench":
        """Everything that an entry needs, but the flow."""
        self.post(ev.NextOrderId(ts_ns=self.now_ns, order_id=100))
        self.post(ev.StoreChanged(ts_ns=self.now_ns, up=True, reason="test"))
        self.post(ev.LinkChanged(ts_ns=self.now_ns, healthy=True, code=0, text="connected"))
        self.snapshot()
        self.post(ev.AccountReported(ts_ns=self.now_ns, account="DU1", values={"AvailableFunds": 100_000.0}))
        strikes = tuple(Decimal(n) for n in range(640, 661))
        self.post(
            ev.OptionUniverse(
                ts_ns=self.now_ns,
                symbol="SPY",
                trading_class="SPY",
                multiplier=100,
                expiries=(EXPIRY,),
                strikes=strikes,
            )
        )
        for offset, strike in enumerate(range(646, 655)):
            for right in (Right.CALL, Right.PUT):
                key = OptionKey("SPY", EXPIRY, Decimal(strike), right, "SPY")
                number = 1000 + 2 * offset + (right is Right.PUT)
                instrument = Instrument(number, "SPY", 5_000 + number, "option", Decimal("0.01"), 100, key)
                self.post(ev.InstrumentAdded(ts_ns=self.now_ns, instrument=instrument))
        self.post(ev.WarmupFinished(ts_ns=self.now_ns, rows=0))
        return self.advance(61)

    def snapshot(self, *, complete: bool = True, orders: tuple[OpenOrder, ...] = ()) -> list[Command]:
        """Answer a reconciliation with what the ledger holds."""
        rows = tuple(
            PositionRow("DU1", p.con_id, "SPY", p.quantity, Decimal(0))
            for p in self.engine.book.ledger.open_positions()
        )
        body = BrokerSnapshot(rows, orders, (), complete=complete, missing="" if complete else "positions")
        return self.post(ev.SnapshotReceived(ts_ns=self.now_ns, snapshot=body))

    def advance(self, seconds: float) -> "EngineBench":
        self.now_ns += int(seconds * S)
        return self

    def quotes(self) -> "EngineBench":
        """Fresh quotes of underlying and options, a book and a chain, at the present price."""
        market, price = self.engine.state.market, self.price
        self.post(ev.ChainReceived(ts_ns=self.now_ns, symbol="SPY", source="alphavantage", body=chain_body()))
        market.quote(self.now_ns, 1, price - 0.01, 900, price + 0.01, 200)
        for side, sign in ((1, -1), (0, 1)):
            for row in range(5):
                market.depth(self.now_ns, 1, 0, side, row, price + sign * 0.01 * (row + 1), 300 + 300 * side, "ARCA")
        for number, instrument in self.engine.state.instruments.items():
            if instrument.option is None:
                continue
            gap = float(instrument.option.strike) - price
            inner = -gap if instrument.option.right is Right.CALL else gap
            value = max(0.05, round(1.6 + 0.5 * inner + 0.05 * inner * inner, 2))
            market.quote(self.now_ns, number, value, 40, round(value + 0.02, 2), 40)
        return self

    def flow(self, seconds: int = 400, step: float = 0.004) -> "EngineBench":
        """Buyers lift offers second after second: OFI, aggressor volume and momentum all point up."""
        market = self.engine.state.market
        for second in range(seconds):
            self.now_ns += S
            drift = step if second >= seconds - 120 else 0.0
            self.price = round(self.price + drift + (0.01 if second % 2 else -0.01), 4)
            tick = round(self.price, 2)
            market.quote(self.now_ns, 1, tick - 0.01, 500 + 10 * (second % 7), tick + 0.01, 200)
            market.trade(self.now_ns + 1, 1, tick + 0.01, 2_000, "ARCA", "")
        return self.quotes()

    def decide(self) -> list[Command]:
        return self.post(ev.DecisionTimer(ts_ns=self.now_ns))

    def claim(self, *, granted: bool = True) -> list[Command]:
        """Answer the newest claim."""
        asked = [c for c in self.commands if isinstance(c, ClaimSignal)][-1]
        return self.post(
            ev.ClaimAnswered(
                ts_ns=self.now_ns,
                fingerprint=asked.fingerprint,
                signal_id=asked.signal_id,
                granted=granted,
                reason="" if granted else "Redis did not answer",
            )
        )

    def entered(self) -> OrderIntent:
        """Take a signal through to an intent whose bytes are out."""
        self.flow().decide()
        (submit,) = [c for c in self.claim() if isinstance(c, SubmitIntent)]
        intent = submit.approved.value
        self.post(ev.IntentJournaled(ts_ns=self.now_ns, intent_id=intent.intent_id))
        for ticket in intent.tickets:
            self.post(ev.OrderSent(ts_ns=self.now_ns, intent_id=intent.intent_id, order_id=ticket.order_id))
        return intent

    def report(self, intent: OrderIntent, leg: Leg, status: str, filled: int = 0) -> list[Command]:
        ticket = next(t for t in intent.tickets if t.leg is leg)
        return self.post(
            ev.OrderReported(
                ts_ns=self.now_ns,
                order=OpenOrder(
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
                ),
                average_price=Decimal(0),
            )
        )

    def fill(self, intent: OrderIntent, leg: Leg, quantity: int, price: str) -> list[Command]:
        ticket = next(t for t in intent.tickets if t.leg is leg)
        self.exec_ids += 1
        return self.post(
            ev.ExecutionReported(
                ts_ns=self.now_ns,
                execution=Execution(
                    exec_id=f"x.{self.exec_ids}.01",
                    order_id=ticket.order_id,
                    perm_id=9_000 + ticket.order_id,
                    con_id=intent.con_id,
                    side=ticket.side,
                    quantity=quantity,
                    price=Decimal(price),
                    ts_ns=self.now_ns,
                    order_ref=intent.order_ref(ticket),
                ),
            )
        )

    def notices(self) -> list[str]:
        return [c.text for c in self.commands if isinstance(c, Notify)]
