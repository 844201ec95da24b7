"""Option computations of many lines at once: the model's, and those at bid, ask and last, each at its volatility."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from alphatrader.sim.gateway.quote_messages import number
from alphatrader.sim.gateway.valuation import Floats, OptionTerms, values, volatilities
from alphatrader.sim.market.types import Greeks, ListedContract, Quote

NOT_COMPUTED = (-1.0, -2.0, -1.0, -1.0, -2.0, -2.0, -2.0, -1.0)
"""How each column says that it is not known: volatility, delta, price, dividends, gamma, vega, theta, underlying."""


class Computations(NamedTuple):
    """The computations of one option, each as the eight columns of message 21."""

    bid: bytes
    ask: bytes
    last: bytes
    model: bytes


def columns(
    iv: float, delta: float, price: float, dividends: float, gamma: float, vega: float, theta: float, underlying: float
) -> bytes:
    """Encode the columns of a computation."""
    shown = (
        number(round(iv, 8)),
        number(round(delta, 8)),
        number(round(price, 6)),
        number(dividends),
        number(round(gamma, 8)),
        number(round(vega, 8)),
        number(round(theta, 8)),
        number(round(underlying, 4)),
    )
    return b"\x00".join(shown) + b"\x00"


def model_columns(greeks: Greeks) -> bytes:
    """Encode the model's computation."""
    return columns(
        greeks.iv, greeks.delta, greeks.price, 0.0, greeks.gamma, greeks.vega, greeks.theta, greeks.underlying_price
    )


def compute(
    contracts: Sequence[ListedContract],
    terms: OptionTerms,
    greeks: Mapping[int, Greeks],
    quotes: Mapping[int, Quote],
    now_ns: int,
) -> dict[int, Computations]:
    """Return the computations by contract, solved for all in one call; ``terms`` are those of ``contracts``.

    A side that is absent, or at whose price there is no volatility, is not computed.
    """
    own = [greeks[contract.con_id] for contract in contracts]
    spot = np.array([value.underlying_price for value in own])
    premium = _exercise_premium(terms, now_ns, spot, own)
    shown = [quotes[contract.con_id] for contract in contracts]
    bid = _side(terms, now_ns, spot, np.array([quote.bid for quote in shown]), premium)
    ask = _side(terms, now_ns, spot, np.array([quote.ask for quote in shown]), premium)
    last = _side(terms, now_ns, spot, np.array([quote.last for quote in shown]), premium)
    return {
        contract.con_id: Computations(bid[row], ask[row], last[row], model_columns(own[row]))
        for row, contract in enumerate(contracts)
    }


def _exercise_premium(terms: OptionTerms, now_ns: int, spot: Floats, own: Sequence[Greeks]) -> Floats:
    """Return what the model adds to a European value: the right of early exercise. It is taken off before solving."""
    model_iv = np.array([value.iv if value.iv > 0 else np.nan for value in own])
    european = values(terms, now_ns, spot, model_iv)["price"]
    premium = np.maximum(np.array([value.price for value in own]) - european, 0.0)
    return np.asarray(np.nan_to_num(premium), dtype=np.float64)


def _side(terms: OptionTerms, now_ns: int, spot: Floats, price: Floats, premium: Floats) -> list[bytes]:
    iv = volatilities(terms, now_ns, spot, np.where(price > 0.0, price - premium, np.nan))
    worth = values(terms, now_ns, spot, iv)
    table = np.stack((iv, worth["delta"], price, worth["gamma"], worth["vega"], worth["theta"], spot), axis=1)
    return [
        columns(row[0], row[1], row[2], 0.0, row[3], row[4], row[5], row[6]) if row[0] == row[0] else _unknown(row)
        for row in table.tolist()
    ]


def _unknown(row: list[float]) -> bytes:
    iv, delta, price, dividends, gamma, vega, theta, _ = NOT_COMPUTED
    return columns(iv, delta, row[2] if row[2] > 0 else price, dividends, gamma, vega, theta, row[6])
