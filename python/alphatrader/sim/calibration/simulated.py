"""Samples of the simulated market, taken as a client sees it: its updates and its chain."""

import numpy as np

from alphatrader import _core, calendar
from alphatrader.sim.calibration.samples import ChainSample, TapeSample
from alphatrader.sim.market.build import build_market
from alphatrader.sim.market.spec import MarketSpec
from alphatrader.sim.market.types import MarketTables, Print, Quote

_CHUNK_NS = 60 * calendar.NS
_OFF_EXCHANGE = frozenset({"FINRA", "TRF", "DARK"})
_DAY_NS = 86_400 * calendar.NS


def simulate(symbol: str, session_date: str, seed: int) -> tuple[TapeSample, ChainSample]:
    """Run one seeded session and return its prints and quotes, and its chain a minute before the close."""
    market = build_market(MarketSpec(seed=seed, session_date=session_date, symbols=(symbol,), start_fraction=0.0))
    session = calendar.session_for(session_date)
    market.advance(session.open_ns)
    underlying = market.underlying(symbol)
    assert underlying is not None
    tape = record_tape(market, underlying.con_id, f"{symbol} {session_date} seed {seed}", session.close_ns - _CHUNK_NS)
    chain = record_chain(market, symbol, tape.name)
    return tape, chain


def record_tape(market: MarketTables, con_id: int, name: str, until_ns: int) -> TapeSample:
    """Run a market and keep what it says of one underlying; what tells no price of the moment is left out."""
    begin_ns = market.now_ns
    prints: list[Print] = []
    sweep: list[bool] = []
    quotes: list[Quote] = []
    while market.now_ns < until_ns:
        for update in market.advance(min(market.now_ns + _CHUNK_NS, until_ns)):
            if isinstance(update, Print) and update.con_id == con_id:
                says = _core.parse_sale_conditions(update.conditions)
                if not says & _core.SALE_NO_AGGRESSOR:
                    prints.append(update)
                    sweep.append(bool(says & _core.SALE_INTERMARKET_SWEEP))
            elif isinstance(update, Quote) and update.con_id == con_id:
                quotes.append(update)
    return TapeSample(
        name=name,
        open_ns=begin_ns,
        close_ns=until_ns,
        ts_ns=np.array([trade.ts_ns for trade in prints], dtype=np.int64),
        price=np.array([trade.price for trade in prints]),
        size=np.array([trade.size for trade in prints]),
        lit=np.array([trade.venue not in _OFF_EXCHANGE for trade in prints]),
        sweep=np.array(sweep),
        quote_ts_ns=np.array([quote.ts_ns for quote in quotes], dtype=np.int64),
        bid=np.array([quote.bid for quote in quotes]),
        ask=np.array([quote.ask for quote in quotes]),
    )


def record_chain(market: MarketTables, symbol: str, name: str) -> ChainSample:
    """Take the chain as it stands; the day's own expiry is left out, as from real files, which are of the evening."""
    table = market.chain(symbol)
    days = np.array(
        [
            (calendar.option_settlement_ns(option.trading_class, option.expiry) - market.now_ns) / _DAY_NS
            for option in table.contracts
        ]
    )
    rows = days > 0.5
    return ChainSample(
        name=name,
        spot=table.spot,
        days=days[rows],
        strike=np.array([float(option.strike) for option in table.contracts])[rows],
        is_call=np.array([option.right == "C" for option in table.contracts])[rows],
        bid=table.bid[rows],
        ask=table.ask[rows],
        iv=table.iv[rows],
        volume=table.volume[rows],
        open_interest=table.open_interest[rows].astype(np.float64),
    )
