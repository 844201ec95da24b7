"""A small invented chain and tape for trying the file commands. SIMULATED: no number in it is from a market.

Same seed, same bytes. The underlying is ``SIMX``, the day 2026-11-20, half past ten in New York.
"""

import datetime as dt
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from alphatrader import _core
from alphatrader.analytics.settlement import NEW_YORK, instant_ns, settlement_instant_ns
from alphatrader.domain.errors import DataError

SYMBOL = "SIMX"
LABEL = "SIMULATED - not market data"
AS_OF = dt.datetime(2026, 11, 20, 10, 30, tzinfo=NEW_YORK)
_EXPIRIES = ("20261120", "20261123", "20261127", "20261218")
_SPOT = 600.0
_STRIKES = np.arange(540.0, 661.0, 1.0)
_PRINTS = 20_000


@dataclass(frozen=True)
class _Rows:
    """One expiry: arrays of calls and puts by strike, in the order of ``_STRIKES``."""

    expiry: str
    greeks: dict[int, dict[str, NDArray[np.float64]]]
    iv: NDArray[np.float64]
    open_interest: dict[int, NDArray[np.int64]]
    volume: dict[int, NDArray[np.int64]]


def write_sample(directory: Path, seed: int) -> list[Path]:
    """Write ``sample_chain.csv`` (Cboe's layout), ``sample_chain.json`` (Alpha Vantage's) and ``sample_tape.csv``.

    Raises DataError if the directory cannot be written.
    """
    random = np.random.default_rng(seed)
    rows = [_expiry_rows(expiry, random) for expiry in _EXPIRIES]
    contents = {
        "sample_chain.csv": _cboe_csv(rows, seed),
        "sample_chain.json": _alphavantage_json(rows, seed),
        "sample_tape.csv": _tape_csv(random),
    }
    try:
        directory.mkdir(parents=True, exist_ok=True)
        for name, text in contents.items():
            (directory / name).write_text(text, encoding="utf-8")
    except OSError as error:
        raise DataError(f"{directory} cannot be written ({error.strerror}): name another place") from None
    return [directory / name for name in contents]


def _expiry_rows(expiry: str, random: np.random.Generator) -> _Rows:
    seconds = np.full(len(_STRIKES), (settlement_instant_ns(SYMBOL, expiry) - instant_ns(AS_OF)) / 1e9)
    moneyness = np.log(_STRIKES / _SPOT)
    iv = np.round(0.14 - 0.9 * moneyness + 6.0 * moneyness**2 + 0.002 * random.standard_normal(len(_STRIKES)), 4)
    greeks, interest, volume = {}, {}, {}
    for right in (1, -1):
        greeks[right] = _core.black_scholes(_SPOT, _STRIKES, seconds, iv, np.full(len(_STRIKES), right, np.int8))
        # Contracts gather at round strikes: calls above the market, puts below it.
        out_of_the_money = np.exp(-(((_STRIKES - _SPOT * (1 + 0.012 * right)) / 14.0) ** 2))
        roundness = np.where(_STRIKES % 10 == 0, 6.0, np.where(_STRIKES % 5 == 0, 3.0, 1.0))
        weight = out_of_the_money * roundness * random.lognormal(0.0, 0.4, len(_STRIKES))
        interest[right] = (2_500 * weight).astype(np.int64)
        volume[right] = (1_800 * weight * random.lognormal(0.0, 0.5, len(_STRIKES))).astype(np.int64)
    return _Rows(expiry, greeks, iv, interest, volume)


def _quotes(rows: _Rows, right: int, index: int) -> tuple[float, float, float]:
    """Return bid, ask and last of a contract on a grid of cents."""
    fair = float(rows.greeks[right]["price"][index])
    half = max(0.01, 0.004 * fair)
    bid = max(0.0, round(fair - half, 2))
    ask = round(max(fair + half, bid + 0.01), 2)
    return bid, ask, round((bid + ask) / 2, 2)


def _cboe_csv(all_rows: list[_Rows], seed: int) -> str:
    columns = "Last Sale,Net,Bid,Ask,Volume,IV,Delta,Gamma,Open Interest"
    moment = f"{AS_OF:%B} {AS_OF.day}, {AS_OF.year} at 10:30 AM EST"
    lines = [
        "",
        f'"{SYMBOL} {LABEL} (seed {seed})",Last: {_SPOT:.2f},Change:  1.25',
        f'"Date: {moment}",Bid: 599.99,Ask: 600.01,Size: 3*4,"Volume: 9,876,543"',
        f"Expiration Date,Calls,{columns},Strike,Puts,{columns}",
    ]
    for rows in all_rows:
        day = dt.date.fromisoformat(rows.expiry)
        for index, strike in enumerate(_STRIKES):
            sides = [_cboe_side(rows, right, index, strike) for right in (1, -1)]
            lines.append(f"{day:%a %b %d %Y},{sides[0]},{strike:.2f},{sides[1]}")
    return "\n".join(lines) + "\n"


def _cboe_side(rows: _Rows, right: int, index: int, strike: float) -> str:
    bid, ask, last = _quotes(rows, right, index)
    greeks = rows.greeks[right]
    name = _core.format_occ(SYMBOL, rows.expiry, "C" if right == 1 else "P", round(strike * 1000), padded=False)
    return (
        f"{name},{last},0,{bid},{ask},{rows.volume[right][index]},{rows.iv[index]},"
        f"{greeks['delta'][index]:.4f},{greeks['gamma'][index]:.4f},{rows.open_interest[right][index]}"
    )


def _alphavantage_json(all_rows: list[_Rows], seed: int) -> str:
    data = []
    for rows in all_rows:
        for index, strike in enumerate(_STRIKES):
            for right, kind in ((1, "call"), (-1, "put")):
                bid, ask, last = _quotes(rows, right, index)
                greeks = {
                    name: f"{values[index]:.5f}" for name, values in rows.greeks[right].items() if name != "price"
                }
                letter = "C" if right == 1 else "P"
                data.append(
                    {
                        "contractID": _core.format_occ(SYMBOL, rows.expiry, letter, round(strike * 1000), padded=False),
                        "symbol": SYMBOL,
                        "expiration": dt.date.fromisoformat(rows.expiry).isoformat(),
                        "strike": f"{strike:.2f}",
                        "type": kind,
                        "last": f"{last:.2f}",
                        "mark": f"{(bid + ask) / 2:.2f}",
                        "bid": f"{bid:.2f}",
                        "bid_size": "10",
                        "ask": f"{ask:.2f}",
                        "ask_size": "10",
                        "volume": str(rows.volume[right][index]),
                        "open_interest": str(rows.open_interest[right][index]),
                        "date": AS_OF.date().isoformat(),
                        "implied_volatility": f"{rows.iv[index]:.5f}",
                        **greeks,
                        "rho": "0.00000",
                    }
                )
    body = {"endpoint": "Realtime Options", "message": "success", "note": f"{LABEL} (seed {seed})", "data": data}
    return json.dumps(body, indent=1) + "\n"


def _tape_csv(random: np.random.Generator) -> str:
    opens = instant_ns(dt.datetime.combine(AS_OF.date(), dt.time(9, 30), NEW_YORK))
    # More prints near the open and the close, as everywhere.
    fraction = np.sort(random.beta(0.7, 0.7, _PRINTS))
    ts_ns = opens + (fraction * 23_400 * 1e9).astype(np.int64)
    informed = np.repeat(random.normal(0.0, 0.25, _PRINTS // 400), 400)
    side = np.where(random.random(_PRINTS) < 0.5 + np.clip(informed, -0.4, 0.4), 1, -1)
    mid = _SPOT + np.cumsum(side * 0.004 + 0.01 * random.standard_normal(_PRINTS))
    price = np.round(mid + 0.005 * side, 2)
    size = np.minimum(100 * random.geometric(0.4, _PRINTS), 5_000)
    lines = [f"{ts},{value:.2f},{shares},@" for ts, value, shares in zip(ts_ns, price, size, strict=True)]
    return "ts_ns,price,size,conditions\n" + "\n".join(lines) + "\n"
