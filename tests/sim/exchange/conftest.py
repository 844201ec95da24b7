"""An exchange over a scripted market, without sockets."""

import dataclasses
from decimal import Decimal
from pathlib import Path

import pytest

from alphatrader import calendar
from alphatrader.sim.behaviours import TABLE, Behaviours
from alphatrader.sim.exchange.exchange import Exchange
from alphatrader.sim.exchange.journal import ExchangeJournal
from alphatrader.sim.exchange.orders import OrderRequest
from alphatrader.sim.exchange.reports import Notice, Report
from alphatrader.sim.exchange.settings import ExchangeSettings
from alphatrader.sim.market.types import Auction, Phase, SessionChange, TradingHours
from alphatrader.sim.scripted import CALL_CON_ID, CONTRACTS, SPY_CON_ID, ScriptedMarket

HALF_HOUR_NS = 1_800_000_000_000


class DaysMarket(ScriptedMarket):
    """The scripted market over several days of the calendar, with extended hours, auctions and any contracts."""

    def __init__(self, contracts=None, start_ns=None):
        super().__init__(*() if start_ns is None else (start_ns,))
        self.listed = list(contracts or CONTRACTS)
        self.sessions = [calendar.session_for(self.session_date), *calendar.sessions_after(self.session_date, 4)]

    def contracts(self):
        return tuple(self.listed)

    def hours(self, con_id):
        left = [session for session in self.sessions if session.date >= self.session_date]
        liquid = tuple((session.open_ns, session.close_ns) for session in left)
        stock = con_id == SPY_CON_ID
        wide = tuple((opens - 11 * HALF_HOUR_NS, closes + 8 * HALF_HOUR_NS) for opens, closes in liquid)
        return TradingHours(wide if stock else liquid, liquid)

    def phase(self, con_id):
        if con_id in self.phases:
            return self.phases[con_id]
        if self.open_ns <= self.now_ns < self.close_ns:
            return Phase.REGULAR
        if con_id != SPY_CON_ID:
            return Phase.CLOSED
        opens, closes = self.hours(con_id).trading[0]
        if opens <= self.now_ns < self.open_ns:
            return Phase.PRE
        return Phase.POST if self.close_ns <= self.now_ns < closes else Phase.CLOSED

    def cross(self, kind, price, size, con_id=SPY_CON_ID):
        self._pending.append(Auction(self.now_ns, con_id, kind, price, size))
        self.trade(con_id, price, size)

    def change(self, event):
        self._pending.append(SessionChange(self.now_ns, self.session_date, event))

    def next_day(self, *, without=()):
        """List the next session, in its pre-market; contracts of ``without`` are gone."""
        session = self.sessions[[session.date for session in self.sessions].index(self.session_date) + 1]
        self.session_date, self.open_ns, self.close_ns = session.date, session.open_ns, session.close_ns
        self._now_ns = session.open_ns - 8 * HALF_HOUR_NS
        self.listed = [contract for contract in self.listed if contract.con_id not in without]
        self.listing_version += 1
        self.change("day")


def listed(con_id, /, **changes):
    """Return one of the scripted contracts, changed."""
    contract = next(contract for contract in CONTRACTS if contract.con_id == con_id)
    return dataclasses.replace(contract, **changes)


class Floor:
    """An exchange, its market, and short names for what tests do with them."""

    def __init__(self, path: Path, cash: str = "100000", market=None, behaviours=None, **settings) -> None:
        self.path = path
        self.cash = Decimal(cash)
        self.market = market or ScriptedMarket()
        self.settings = ExchangeSettings(**settings)
        self.behaviours = Behaviours(TABLE, behaviours)
        self.next_id = 1
        self.reports: list[Report] = []
        self.open()

    def open(self) -> None:
        self.journal = ExchangeJournal(self.path)
        self.exchange = Exchange(self.market, self.journal, "DUSIM0001", self.cash, self.settings, self.behaviours)

    def reopen(self) -> None:
        """Kill and restart: only what was committed survives."""
        self.journal.close()
        self.open()

    def place(self, side="BUY", quantity=1, order_type="LMT", limit=None, stop=None, **fields):
        """Place an order; return its id."""
        order_id = fields.pop("order_id", self.next_id)
        self.next_id = max(self.next_id, order_id) + 1
        request = OrderRequest(
            client_id=fields.pop("client_id", 1),
            order_id=order_id,
            con_id=fields.pop("con_id", CALL_CON_ID),
            side=side,
            quantity=Decimal(quantity),
            order_type=order_type,
            tif=fields.pop("tif", "DAY"),
            limit_price=None if limit is None else Decimal(limit),
            stop_price=None if stop is None else Decimal(stop),
            **fields,
        )
        self.exchange.place(request)
        self.settle()
        return order_id

    def step(self, seconds=0.01):
        """Let the market pass some time and the exchange match."""
        self.at(self.market.now_ns + int(seconds * 1e9))

    def settle(self):
        self.exchange.commit()
        self.reports += self.exchange.drain()

    def order(self, order_id, client_id=1):
        return self.exchange.registry.find(client_id, order_id)

    def at(self, ns):
        """Let the market run to an instant."""
        self.exchange.on_market(self.market.advance(ns))
        self.settle()

    def codes(self, order_id=None):
        """Return the codes of the notices so far, of one order if said."""
        notices = [report for report in self.reports if isinstance(report, Notice)]
        return [notice.code for notice in notices if order_id in {None, notice.order_id}]

    @property
    def fills(self):
        return [(f"{fill.price.normalize():f}", fill.quantity) for fill in self.exchange.executions]

    def held(self, con_id=CALL_CON_ID):
        return self.exchange.account.quantity(con_id)


@pytest.fixture
def floor(tmp_path):
    return Floor(tmp_path / "exchange.db")


@pytest.fixture
def days(tmp_path):
    """A floor whose market knows several days."""
    return Floor(tmp_path / "exchange.db", market=DaysMarket())


@pytest.fixture(scope="session")
def new_floor(tmp_path_factory):
    """Make floors within one test: of other settings, or for property tests, which would share a fixture's."""
    return lambda **options: Floor(tmp_path_factory.mktemp("floor") / "exchange.db", **options)
