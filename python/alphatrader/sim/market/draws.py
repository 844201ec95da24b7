"""Random numbers by counter: each a pure function of keys, so that any one can be drawn alone and in any order.

The finaliser of SplitMix64 (Steele, Lea and Flood, 2014) over keys and counters; quality is ample for a simulation.
"""

import hashlib

import numpy as np
from numpy.typing import NDArray

Keys = NDArray[np.uint64]
Floats = NDArray[np.float64]

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_FIRST, _SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_S27, _S30, _S31, _S11 = np.uint64(27), np.uint64(30), np.uint64(31), np.uint64(11)
_POISSON_TERMS = 40
_LARGE_MEAN = 16.0


def root_key(*parts: object) -> int:
    """Return the key of a stream named by its parts (seed, symbol, purpose, date)."""
    text = "\x1f".join(str(part) for part in parts)
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big")


def keys_of(root: int, ids: NDArray[np.int64]) -> Keys:
    """Return one key an id, under a root key."""
    return mixed(np.uint64(root) ^ mixed(ids.astype(np.uint64)))


def mixed(keys: Keys, counter: NDArray[np.int64] | Keys | int = 0) -> Keys:
    """Return keys advanced by a counter; arrays broadcast."""
    with np.errstate(over="ignore"):
        step = np.asarray(counter).astype(np.uint64)
        z = keys + (step + np.uint64(1)) * _GOLDEN
        z = (z ^ (z >> _S30)) * _FIRST
        z = (z ^ (z >> _S27)) * _SECOND
        return np.asarray(z ^ (z >> _S31), dtype=np.uint64)


def uniform(keys: Keys, counter: NDArray[np.int64] | int = 0) -> Floats:
    """Return uniform numbers in [0, 1)."""
    return np.asarray((mixed(keys, counter) >> _S11) * 2.0**-53, dtype=np.float64)


def normal(keys: Keys, counter: NDArray[np.int64] | int = 0) -> Floats:
    """Return roughly standard normal numbers: the sum of four uniforms of 16 bits, within 3.5 deviations."""
    bits = mixed(keys, counter)
    mask = np.uint64(0xFFFF)
    total = (bits & mask).astype(np.float64)
    for shift in (16, 32, 48):
        total += (bits >> np.uint64(shift)) & mask
    return np.asarray((total / 65_536.0 - 2.0) * 3.0**0.5, dtype=np.float64)


def poisson(mean: Floats, keys: Keys) -> NDArray[np.int64]:
    """Return Poisson counts, one a mean: exact by inversion for small means, a rounded normal for large ones."""
    level = uniform(keys)
    count = np.zeros(mean.shape, dtype=np.int64)
    small = (mean > 0.0) & (mean < _LARGE_MEAN) & (level > np.exp(-mean))
    if small.any():
        rate, target = mean[small], level[small]
        term = np.exp(-rate)
        total = term.copy()
        found = np.zeros(len(rate), dtype=np.int64)
        for k in range(1, _POISSON_TERMS):
            found += total < target
            term *= rate / k
            total += term
        count[small] = found
    large = mean >= _LARGE_MEAN
    if large.any():
        rate = mean[large]
        count[large] = np.maximum(np.rint(rate + np.sqrt(rate) * normal(keys[large], 1)), 0.0)
    return count
