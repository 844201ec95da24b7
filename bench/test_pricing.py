"""Black-Scholes values, implied volatility and American options against other libraries over the same arrays."""

import functools
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from bench.contest import SIZES, Race, installed
from numpy.typing import NDArray

from alphatrader._core import american_value, black_scholes, implied_volatility

RATE, DIVIDEND_YIELD, SPOT = 0.04, 0.013, 650.0
YEAR_S = 365 * 86_400

Options = tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], NDArray[np.int8]]


def options(size: int) -> Options:
    """Strike, seconds, volatility, right: within four deviations of the money, days to two years."""
    rng = np.random.default_rng(3)
    seconds, iv = rng.uniform(86_400, 2 * YEAR_S, size), rng.uniform(0.08, 0.9, size)
    deviation = iv * np.sqrt(seconds / YEAR_S)
    strike = SPOT * np.exp(np.clip(rng.normal(0, 1.2, size), -3, 3) * deviation)
    return strike, seconds, iv, np.where(np.arange(size) % 2 == 0, 1, -1).astype(np.int8)


def by_scipy(o: Options) -> dict[str, NDArray[np.float64]]:
    from scipy.special import ndtr

    strike, seconds, iv, right = o
    t = seconds / YEAR_S
    root = np.sqrt(t)
    d1 = (np.log(SPOT / strike) + (RATE - DIVIDEND_YIELD + iv * iv / 2) * t) / (iv * root)
    growth, discount = np.exp(-DIVIDEND_YIELD * t), np.exp(-RATE * t)
    n1, n2 = ndtr(right * d1), ndtr(right * (d1 - iv * root))
    density = growth * np.exp(-d1 * d1 / 2) / math.sqrt(2 * math.pi)
    asset, cash = SPOT * growth * n1, strike * discount * n2
    theta = -SPOT * density * iv / (2 * root) - right * (RATE * cash - DIVIDEND_YIELD * asset)
    return {
        "price": right * (asset - cash),
        "delta": right * growth * n1,
        "gamma": density / (SPOT * iv * root),
        "theta": theta / 365,
        "vega": SPOT * density * root / 100,
    }


_COMPILED: dict[str, Any] = {}


def by_numba(o: Options) -> dict[str, NDArray[np.float64]]:
    if not _COMPILED:
        from numba import njit

        @njit(cache=False)
        def values(strike: Any, seconds: Any, iv: Any, right: Any) -> Any:
            result = np.empty((5, strike.size))
            for i in range(strike.size):
                t, sign = seconds[i] / YEAR_S, float(right[i])
                root = math.sqrt(t)
                d1 = (math.log(SPOT / strike[i]) + (RATE - DIVIDEND_YIELD + iv[i] * iv[i] / 2) * t) / (iv[i] * root)
                d2 = d1 - iv[i] * root
                growth, discount = math.exp(-DIVIDEND_YIELD * t), math.exp(-RATE * t)
                n1, n2 = math.erfc(-sign * d1 / math.sqrt(2.0)) / 2, math.erfc(-sign * d2 / math.sqrt(2.0)) / 2
                density = growth * math.exp(-d1 * d1 / 2) / math.sqrt(2 * math.pi)
                asset, cash = SPOT * growth * n1, strike[i] * discount * n2
                result[0, i] = sign * (asset - cash)
                result[1, i] = sign * growth * n1
                result[2, i] = density / (SPOT * iv[i] * root)
                theta = -SPOT * density * iv[i] / (2 * root) - sign * (RATE * cash - DIVIDEND_YIELD * asset)
                result[3, i] = theta / 365
                result[4, i] = SPOT * density * root / 100
            return result

        _COMPILED["values"] = values
    return dict(zip(("price", "delta", "gamma", "theta", "vega"), _COMPILED["values"](*o), strict=True))


def sums(values: Any) -> list[float]:
    """One sum a greek."""
    return [float(np.sum(values[name])) for name in ("price", "delta", "gamma", "theta", "vega")]


@pytest.mark.parametrize("size", SIZES)
def test_black_scholes(contest: Callable[..., Race], size: int) -> None:
    o = options(size)
    race = contest("pricing, value and four greeks", size=size, unit="option")
    carry = {"rate": RATE, "dividend_yield": DIVIDEND_YIELD}
    race.ours(lambda: black_scholes(SPOT, *o, **carry), checksum=sums)
    race.peer("scipy and NumPy", lambda: by_scipy(o), checksum=sums, requires="scipy")
    race.peer("numba", lambda: by_numba(o), checksum=sums, requires="numba")
    race.limit("read of the buffers", lambda: sum(float(column.sum()) for column in o))
    race.run()


def iv_by_scipy(price: NDArray[np.float64], o: Options) -> NDArray[np.float64]:
    """Newton's method on all rows at once from the point of inflection."""
    from scipy.special import ndtr

    strike, seconds, _, right = o
    t = seconds / YEAR_S
    root = np.sqrt(t)
    asset, cash = SPOT * np.exp(-DIVIDEND_YIELD * t), strike * np.exp(-RATE * t)
    x = np.log(asset / cash)
    iv = np.sqrt(2 * np.abs(x)) / root + 1e-3
    for _ in range(12):
        d1 = x / (iv * root) + iv * root / 2
        value = right * (asset * ndtr(right * d1) - cash * ndtr(right * (d1 - iv * root)))
        vega = asset * np.exp(-d1 * d1 / 2) / math.sqrt(2 * math.pi) * root
        iv = np.maximum(iv - (value - price) / vega, 1e-3)
    return iv


def iv_by_vollib(price: NDArray[np.float64], o: Options) -> NDArray[np.float64]:
    from py_vollib_vectorized import vectorized_implied_volatility

    strike, seconds, _, right = o
    flag = np.where(right > 0, "c", "p")
    return np.asarray(
        vectorized_implied_volatility(
            price, SPOT, strike, seconds / YEAR_S, RATE, flag, q=DIVIDEND_YIELD, model="black_scholes_merton",
            return_as="numpy", on_error="ignore",
        )
    )  # fmt: skip


@functools.cache
def vollib_fails() -> str:
    """Why py_vollib_vectorized cannot run here, empty if it can: newer numba refuses to compile its kernels."""
    if not installed("py_vollib_vectorized"):
        return "not installed here: py_vollib_vectorized"
    try:
        iv_by_vollib(np.array([60.0]), tuple(column[:1] for column in options(1)))  # type: ignore[arg-type]
    except Exception as error:  # noqa: BLE001 - whatever it raises is the answer
        return f"does not run with the installed numba ({type(error).__name__})"
    return ""


@pytest.mark.parametrize("size", SIZES)
def test_implied_volatility(contest: Callable[..., Race], size: int) -> None:
    o = options(size)
    strike, seconds, _, right = o
    carry = {"rate": RATE, "dividend_yield": DIVIDEND_YIELD}
    price = black_scholes(SPOT, *o, **carry)["price"]
    race = contest("pricing, implied volatility", size=size, unit="option", rtol=1e-8)
    ours = lambda: implied_volatility(price, SPOT, strike, seconds, right, **carry)  # noqa: E731
    race.ours(ours, checksum=lambda r: float(r.sum()))
    newton, vollib = (lambda: iv_by_scipy(price, o)), (lambda: iv_by_vollib(price, o))
    requires = "py_vollib_vectorized"
    race.peer("NumPy, 12 Newton steps", newton, checksum=lambda r: float(r.sum()), requires="scipy", size_max=1_000_000)
    if reason := vollib_fails():
        race.absent[requires] = reason
    else:
        race.peer(requires, vollib, checksum=lambda r: float(r.sum()), requires=requires, size_max=1_000_000)
    race.run()


@pytest.mark.parametrize("size", [size for size in SIZES if size <= 100_000])
def test_american(contest: Callable[..., Race], size: int) -> None:
    o = options(size)
    race = contest("pricing, American value and five greeks", size=size, unit="option")
    value = lambda: american_value(SPOT, *o, rate=RATE, dividend_yield=DIVIDEND_YIELD)  # noqa: E731
    race.ours(value, checksum=lambda r: float(r["price"].sum()))
    race.run()
