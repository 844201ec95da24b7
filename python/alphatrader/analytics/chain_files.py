"""Option chains from files: Cboe CSV, Alpha Vantage JSON or CSV, Parquet, Lean universe CSV.

The format is found in the content, not in the name. A loaded chain knows its spot, its time, and when each of its
expiries settles, and says where it has them from.
"""

import dataclasses
import datetime as dt
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from alphatrader import _core
from alphatrader.analytics.as_of import date_in_name, parse_as_of
from alphatrader.analytics.chain_tables import from_alphavantage_csv, from_lean_universe, from_parquet, parity_spot
from alphatrader.analytics.files import read_data_file
from alphatrader.analytics.settlement import NEW_YORK, instant_ns, settlement_instant_ns
from alphatrader.domain.errors import DataError

_EPOCH_ORDINAL = dt.date(1970, 1, 1).toordinal()
_CLOSE = dt.time(16)
_OPEN = dt.time(9, 30)


@dataclass(frozen=True)
class ChainFile:
    """A chain and what must be known beside its rows. Times in ns since the epoch (UTC), durations in ms."""

    chain: _core.Chain
    path: Path
    source: str
    roots: tuple[str, ...]
    spot: float
    spot_from: str
    as_of_ns: int
    as_of_from: str
    open_interest_date: str
    settlement_ns: dict[str, int]
    notes: tuple[str, ...]
    load_ms: float


def load_chain(path: Path, *, spot: float | None = None, as_of: dt.datetime | None = None) -> ChainFile:
    """Load a chain. ``spot`` and ``as_of`` (aware) replace what the file says, or supply what it lacks.

    Raises DataError in one line for whatever cannot be read or trusted.
    """
    started = time.perf_counter()
    loaded = chain_of_body(read_data_file(path), path, spot=spot, as_of=as_of)
    return dataclasses.replace(loaded, load_ms=(time.perf_counter() - started) * 1e3)


def chain_of_body(body: bytes, path: Path, *, spot: float | None = None, as_of: dt.datetime | None = None) -> ChainFile:
    """Decode a body; ``path`` is its name in messages. Raises DataError."""
    started = time.perf_counter()
    source, chain, default_time = _decode(body, path)
    if chain.rows == 0:
        raise DataError(
            f"{path} holds no option rows: it is empty, or nothing in it could be decoded ({chain.dropped})"
        )
    moment, as_of_from = _moment(chain, path, as_of, default_time)
    notes: list[str] = []
    pairs = _roots_by_expiry(chain)
    settlements = _settlements(pairs, notes)
    as_of_ns = instant_ns(moment)
    value, spot_from = _spot(chain, spot, as_of_ns, settlements, path)
    return ChainFile(
        chain=chain,
        path=path,
        source=source,
        roots=tuple(sorted({root for roots in pairs.values() for root in roots})),
        spot=value,
        spot_from=spot_from,
        as_of_ns=as_of_ns,
        as_of_from=as_of_from,
        open_interest_date=moment.astimezone(NEW_YORK).date().isoformat(),
        settlement_ns=settlements,
        notes=tuple(notes),
        load_ms=(time.perf_counter() - started) * 1e3,
    )


def _decode(body: bytes, path: Path) -> tuple[str, _core.Chain, dt.time]:
    """Return the source's name, the chain, and the New York time meant by a date without one."""
    head = body[:4096].lstrip(b"\xef\xbb\xbf\r\n \t")
    try:
        if head[:4] == b"PAR1":
            return "Parquet", from_parquet(body, path), _CLOSE
        if head[:4] == b"PK\x03\x04":
            raise DataError(f"{path} is a zip, and no chain comes as one: for a tape use `alphatrader vpin`")
        if head[:1] in (b"{", b"["):
            return "Alpha Vantage JSON", _core.decode_alphavantage_chain(body), _CLOSE
        if head.startswith(b"#expiry,strike,right"):
            # A universe file of a date holds what was known before that date's open.
            return "Lean universe CSV", from_lean_universe(body, path), _OPEN
        if head.startswith(b"contractID,"):
            return "Alpha Vantage CSV", from_alphavantage_csv(body, path), _CLOSE
        if b"\x00" in head or b"," not in head:
            raise DataError(
                f"{path} is no option chain: Cboe CSV, Alpha Vantage JSON or CSV, Parquet or Lean CSV is read"
            )
        return "Cboe CSV", _core.decode_cboe_csv(body), _CLOSE
    except _core.CoreError as error:
        raise DataError(f"{path}: {error}") from None


def _moment(
    chain: _core.Chain, path: Path, given: dt.datetime | None, default_time: dt.time
) -> tuple[dt.datetime, str]:
    if given is not None:
        return given, "the command line"
    named = date_in_name(path.name)
    if chain.as_of:
        stated = parse_as_of(chain.as_of, default_time=default_time, default_date=named)
        if stated is not None:
            return stated, f"the file ({chain.as_of.strip()})"
    if named is not None:
        return dt.datetime.combine(named, default_time, NEW_YORK), "the file's name"
    raise DataError(f"{path} does not say of what time it is: give it with --as-of 2026-11-20T15:30")


def _roots_by_expiry(chain: _core.Chain) -> dict[str, list[str]]:
    """Return the option roots of each expiry, that with the most rows first."""
    batch = pa.record_batch(chain)
    # In plain Python: pyarrow's group_by and its functions of scalars import pandas, which costs a second.
    days = batch["expiry"].cast(pa.int32()).to_pylist()
    counts = Counter(zip(days, batch["root"].to_pylist(), strict=True))
    found: dict[str, list[str]] = {}
    for (day, root), _ in counts.most_common():
        if day is None:
            continue
        expiry = dt.date.fromordinal(_EPOCH_ORDINAL + day).strftime("%Y%m%d")
        found.setdefault(expiry, []).append(root or "")
    return found


def _settlements(pairs: dict[str, list[str]], notes: list[str]) -> dict[str, int]:
    settlements = {}
    for expiry, roots in sorted(pairs.items()):
        instants = {root: settlement_instant_ns(root, expiry) for root in roots}
        settlements[expiry] = instants[roots[0]]
        if len(set(instants.values())) > 1:
            notes.append(f"{expiry}: {', '.join(roots)} settle at different times; all are taken at that of {roots[0]}")
    return settlements


def _spot(
    chain: _core.Chain, given: float | None, as_of_ns: int, settlements: dict[str, int], path: Path
) -> tuple[float, str]:
    if given is not None:
        return given, "the command line"
    if chain.spot is not None and chain.spot > 0:
        return chain.spot, "the file"
    estimate = parity_spot(chain, as_of_ns, settlements)
    if estimate is None:
        raise DataError(f"{path} states no price of the underlying, and no pair of quotes implies one: give --spot")
    return estimate, "put-call parity at the nearest expiry (an estimate; --spot sets it)"
