"""An exchange over a scripted market, without sockets."""

from decimal import Decimal
from pathlib import Path

import pytest

from alphatrader.sim.exchange.exchange import Exchange
from alphatrader.sim.exchange.journal import ExchangeJournal
from alphatrader.sim.exchange.orders import OrderRequest
from alphatrader.sim.exchange.reports import Report
from alphatrader.sim.scripted import CALL_CON_ID, ScriptedMarket


class Floor:
    """An exchange, its market, and short names for what tests do with them."""

    def __init__(self, path: Path, cash: str = "100000") -> None:
        self.path = path
        self.cash = Decimal(cash)
        self.market = ScriptedMarket()
        self.next_id = 1
        self.reports: list[Report] = []
        self.open()

    def open(self) -> None:
        self.journal = ExchangeJournal(self.path)
        self.exchange = Exchange(self.market, self.journal, "DUSIM0001", self.cash)

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
        self.exchange.on_market(self.market.advance(self.market.now_ns + int(seconds * 1e9)))
        self.settle()

    def settle(self):
        self.exchange.commit()
        self.reports += self.exchange.drain()

    def order(self, order_id, client_id=1):
        return self.exchange.registry.find(client_id, order_id)

    def held(self, con_id=CALL_CON_ID):
        return self.exchange.account.quantity(con_id)


@pytest.fixture
def floor(tmp_path):
    return Floor(tmp_path / "exchange.db")


@pytest.fixture(scope="session")
def new_floor(tmp_path_factory):
    """Make floors within one test: for property tests, which a fixture of their own would share."""
    return lambda: Floor(tmp_path_factory.mktemp("floor") / "exchange.db")
