"""May an order enter? Session, number of orders, coverage and margin, by the market and the account as they are now."""

from decimal import Decimal

from msgspec import Struct

from alphatrader.sim.exchange.charges import Charges
from alphatrader.sim.exchange.checks import Refusal, check_form, closed_market, rejected
from alphatrader.sim.exchange.combos import combo_multiplier, leg_side
from alphatrader.sim.exchange.desk import Desk
from alphatrader.sim.exchange.hours import auction_kind, traded_contracts
from alphatrader.sim.exchange.margin import Holding
from alphatrader.sim.exchange.matcher import IMMEDIATE
from alphatrader.sim.exchange.matching import exact
from alphatrader.sim.exchange.order_types import order_type
from alphatrader.sim.exchange.orders import Order, OrderRequest, Side, WhatIf
from alphatrader.sim.exchange.valuation import AccountFigures
from alphatrader.sim.market.types import ListedContract

MAX_ACTIVE_ORDERS_PER_SIDE = 20
"""Active orders a contract, side and account: the broker's documented limit."""
MARGIN_MINIMUM_USD = Decimal(2000)
"""Equity below which nothing may be borrowed or sold short (Reg T, FINRA 4210)."""
_ZERO = Decimal(0)


class Trade(Struct, frozen=True):
    """What an order would do to one contract, at ``price`` dollars a share."""

    contract: ListedContract
    side: Side
    quantity: int
    price: Decimal

    @property
    def signed(self) -> int:
        """Quantity, below 0 for a sale."""
        return self.quantity if self.side == "BUY" else -self.quantity


class Admission:
    """Checks orders before the exchange takes them, and says what they would do."""

    def __init__(self, desk: Desk, charges: Charges) -> None:
        self._desk = desk
        self._charges = charges
        self._judged: tuple[OrderRequest, Decimal] | None = None
        """The order that was judged last, and the funds it takes: to price the account twice is dear."""

    def check_new(self, request: OrderRequest, parent: Order | None) -> Refusal | None:
        """Return why a new order is refused, None if it may enter."""
        if request.parent_id and (parent is None or parent.done):
            return Refusal(10006, "Missing parent order.")
        return self.check_terms(request) or self._check_session(request) or self._check_capacity(request, parent)

    def check_terms(self, request: OrderRequest) -> Refusal | None:
        """Return what is wrong with the form of an order."""
        contracts = self._contracts(request)
        if contracts is None:
            return Refusal(200, "No security definition has been found for the request")
        return check_form(request, contracts, self._desk.account.account_id, self._desk.now_ns)

    def check_margin(self, request: OrderRequest, replaced: Order | None = None) -> Refusal | None:
        """Return why the account does not bear the order (instead of ``replaced``)."""
        trades = self._trades(request)
        before, after = self._figures(trades)
        need = _need(before, after)
        self._judged = (request, need)
        if need <= 0:
            return None
        reserved = sum((o.reserved * o.remaining for o in self._desk.registry.live() if o is not replaced), _ZERO)
        equity = after.equity_with_loan - reserved
        borrows = after.cash < 0 or any(
            trade.signed < 0 and self._desk.account.quantity(trade.contract.con_id) + trade.signed < 0
            for trade in trades
        )
        if self._desk.account.kind == "margin" and borrows and equity < MARGIN_MINIMUM_USD:
            return rejected(
                f"YOUR ORDER IS NOT ACCEPTED. MINIMUM OF {MARGIN_MINIMUM_USD} USD (OR EQUIVALENT IN OTHER CURRENCIES) "
                "REQUIRED IN ORDER TO PURCHASE ON MARGIN, SELL SHORT, TRADE CURRENCY OR FUTURE"
            )
        if equity < after.initial_margin:
            return rejected(
                "YOUR ORDER IS NOT ACCEPTED. IN ORDER TO OBTAIN THE DESIRED POSITION YOUR EQUITY WITH LOAN VALUE "
                f"[{equity:.2f} USD] MUST EXCEED THE INITIAL MARGIN [{after.initial_margin:.2f} USD]"
            )
        return None

    def reserve(self, request: OrderRequest) -> Decimal:
        """Return the buying power that each unit of an order ties up while it works."""
        judged, need = self._judged or (None, _ZERO)
        if judged is not request:
            need = _need(*self._figures(self._trades(request)))
        return max(_ZERO, need / request.quantity)

    def what_if(self, request: OrderRequest) -> WhatIf | Refusal:
        """Return what an order would do to the account; a refusal if its form is wrong."""
        refusal = self.check_terms(request)
        if refusal is not None:
            return refusal
        trades = self._trades(request)
        before, after = self._figures(trades)
        bounds = [self._charges.estimate(t.contract, t.side, t.quantity, t.price) for t in trades]
        whole = sum((bound[1] for bound in bounds), _ZERO)
        refused = self.check_margin(request)
        return WhatIf(
            init_before=before.initial_margin,
            maint_before=before.maintenance_margin,
            equity_before=before.equity_with_loan,
            init_change=after.initial_margin - before.initial_margin,
            maint_change=after.maintenance_margin - before.maintenance_margin,
            equity_change=after.equity_with_loan - before.equity_with_loan,
            commission=whole,
            min_commission=sum((bound[0] for bound in bounds), _ZERO),
            max_commission=whole,
            warning=refused.text if refused else "",
        )

    # ---------------------------------------------------------------------------------------------------------- parts

    def _contracts(self, request: OrderRequest) -> list[ListedContract] | None:
        found = [self._desk.instruments.get(con_id) for con_id in traded_contracts(request)]
        return None if None in found else [contract for contract in found if contract is not None]

    def _check_session(self, request: OrderRequest) -> Refusal | None:
        desk = self._desk
        if any(desk.instruments.expired(con_id) for con_id in traded_contracts(request)):
            return closed_market()
        if desk.rules.past_cutoff(request):
            return rejected(f"{request.order_type} orders can no longer be entered for today's close.")
        open_now = desk.rules.open_for(request) or desk.rules.halted(request)
        refuses = desk.behaviours.on("immediate_refused_while_closed")
        if not open_now and request.tif in IMMEDIATE and refuses:
            return closed_market()
        if not open_now and desk.rules.session_of(request) is None:
            return closed_market()
        if auction_kind(request) == "open" and desk.rules.session_of(request) is None:
            return closed_market()
        return None

    def _check_capacity(self, request: OrderRequest, parent: Order | None) -> Refusal | None:
        desk = self._desk
        same_side = [o for o in desk.registry.live() if o.con_id == request.con_id and o.side == request.side]
        if not request.legs and len(same_side) >= MAX_ACTIVE_ORDERS_PER_SIDE:
            return rejected(f"at most {MAX_ACTIVE_ORDERS_PER_SIDE} active orders a contract and side are allowed")
        exits = parent is not None and parent.side != request.side and request.quantity <= parent.quantity
        if desk.account.kind == "cash":
            refusal = self._check_coverage(request, parent)
            if refusal is not None:
                return refusal
        return None if exits else self.check_margin(request)

    def _check_coverage(self, request: OrderRequest, parent: Order | None) -> Refusal | None:
        """A cash account is long only; a child may sell what its parent will have bought."""
        for trade in self._trades(request):
            if trade.side == "BUY":
                continue
            coverage = self._desk.account.quantity(trade.contract.con_id)
            if parent is not None and parent.side == "BUY" and not parent.done:
                coverage += parent.remaining
            if trade.quantity > coverage:
                return rejected(
                    f"opening a short position is not permitted for this SIMULATED cash account (held {coverage}, "
                    f"order {trade.quantity})"
                )
        return None

    def _figures(self, trades: list[Trade]) -> tuple[AccountFigures, AccountFigures]:
        """Return the account before and after the trades, commissions included."""
        valuation = self._desk.valuation
        cash, changes = _ZERO, []
        for trade in trades:
            value = trade.price * trade.signed * trade.contract.multiplier
            fees = self._charges.estimate(trade.contract, trade.side, trade.quantity, trade.price)[1]
            cash -= value + fees
            mark = valuation.mark_price(trade.contract.con_id)
            changes.append(Holding(trade.contract, trade.signed, mark if mark > 0 else trade.price))
        marks = valuation.marks()
        return valuation.figures(marks=marks), valuation.figures(changes, cash, marks)

    def _trades(self, request: OrderRequest) -> list[Trade]:
        quantity = int(request.quantity)
        side: Side = "BUY" if request.side == "BUY" else "SELL"
        if not request.legs:
            contract = self._desk.instruments[request.con_id]
            return [Trade(contract, side, quantity, self._expected_price(request, contract))]
        trades = []
        for leg in request.legs:
            contract, does = self._desk.instruments[leg.con_id], leg_side(side, leg)
            trades.append(Trade(contract, does, leg.ratio * quantity, self._market_price(contract, does)))
        return _at_net(request, trades)

    def _expected_price(self, request: OrderRequest, contract: ListedContract) -> Decimal:
        """Return what the order would pay a share at worst, as far as one can say: limit, stop, else the market."""
        limit = request.limit_price if order_type(request.order_type).limit != "none" else None
        for price in (limit, request.stop_price):
            if price is not None and price > 0:
                return price
        return self._market_price(contract, request.side)

    def _market_price(self, contract: ListedContract, side: str) -> Decimal:
        quote = self._desk.market.quote(contract.con_id)
        near, far = (quote.ask, quote.bid) if side == "BUY" else (quote.bid, quote.ask)
        return exact(near if near > 0 else max(quote.last, far))


def _need(before: AccountFigures, after: AccountFigures) -> Decimal:
    """Return the available funds that a change takes."""
    return before.available_funds - after.available_funds


def _at_net(request: OrderRequest, trades: list[Trade]) -> list[Trade]:
    """Put a combination's net limit into its first leg's price, so that its cash is what the limit says."""
    if request.limit_price is None:
        return trades
    unit = combo_multiplier([trade.contract for trade in trades]) * int(request.quantity)
    sign = 1 if request.side == "BUY" else -1
    wanted = request.limit_price * unit * sign
    shown = sum((trade.price * trade.signed * trade.contract.multiplier for trade in trades), _ZERO)
    first = trades[0]
    shift = (wanted - shown) / (first.signed * first.contract.multiplier)
    return [Trade(first.contract, first.side, first.quantity, first.price + shift), *trades[1:]]
