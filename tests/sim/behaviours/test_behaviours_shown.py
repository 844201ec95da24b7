"""Behaviours from memory that no other area's tests show: each with every choice."""

from decimal import Decimal

import pytest
from tests.sim.gateway.conftest import Bench, running

from alphatrader.sim.behaviours import TABLE, Behaviours
from alphatrader.sim.exchange.account import Account
from alphatrader.sim.exchange.charges import Charges
from alphatrader.sim.market.types import ListedContract

KINDS = ("AllLast", "Last", "BidAsk", "MidPoint")


@pytest.mark.parametrize("limit", [5, 3])
async def test_tick_by_tick_streams_a_login(library, tmp_path, limit):
    chosen = {"tick_by_tick_limit": limit, "option_tick_by_tick_refused": False}
    async with running(library, tmp_path, behaviours=chosen) as bench:
        assert isinstance(bench, Bench)
        ib = await bench.connect()
        codes = []
        ib.errorEvent += lambda req_id, code, text, contract: codes.append(code)
        stock, call = await bench.stock(ib), await bench.call(ib)
        for number in range(limit):
            ib.reqTickByTickData(stock if number < 4 else call, KINDS[number % 4])
        await bench.rounds()
        assert codes == []
        ib.reqTickByTickData(call, "MidPoint")
        await bench.until(lambda: codes == [10190])


@pytest.mark.parametrize(("shown", "extra"), [(True, Decimal("0.50")), (False, Decimal(0))])
def test_index_options_bear_their_exchanges_fee(shown, extra):
    behaviours = Behaviours(TABLE, {"index_option_surcharge": shown})
    charges = Charges(Account("DU1", Decimal(100_000), "2026-11-16"), surcharge=behaviours.on("index_option_surcharge"))
    plain = {
        "con_id": 1,
        "sec_type": "OPT",
        "exchange": "SMART",
        "primary_exchange": "CBOE",
        "currency": "USD",
        "local_symbol": "",
        "min_tick": Decimal("0.05"),
        "long_name": "",
        "multiplier": 100,
    }
    index = ListedContract(symbol="SPX", trading_class="SPXW", **plain)
    fund = ListedContract(symbol="SPY", trading_class="SPY", **plain)
    fees = [charges.fees(contract, "BUY", 10, Decimal("12.00")) for contract in (index, fund)]
    assert fees[0] - fees[1] == extra * 10
