"""Exposure: every real chain against plain NumPy, the options of the call, and its refusals."""

import datetime as dt
import gzip
import math
from collections.abc import Callable
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl
import pyarrow as pa
import pytest

from alphatrader._core import (
    Chain,
    CoreError,
    Exposure,
    SchemaError,
    decode_cboe_csv,
    exposure,
    exposure_by_strike,
)

NEW_YORK = ZoneInfo("America/New_York")
SPOT = 650.0


def close_ns(expiry: dt.date) -> int:
    return int(dt.datetime(expiry.year, expiry.month, expiry.day, 16, tzinfo=NEW_YORK).timestamp()) * 10**9


AS_OF_NS = close_ns(dt.date(2026, 3, 2)) - 5 * 3600 * 10**9


def numpy_totals(chain: Chain, spot: float, as_of_ns: int) -> dict[str, float]:
    """GEX, DEX, VEX and CHEX as the textbook writes them, at zero rates."""
    table = pl.DataFrame(chain)
    expiries = {expiry: close_ns(expiry) for expiry in table["expiry"].unique()}
    seconds = np.array([(expiries[expiry] - as_of_ns) / 1e9 for expiry in table["expiry"]])
    used = (table["open_interest"].to_numpy() >= 5) & (seconds >= 60)
    column = {name: table[name].to_numpy()[used].astype(float) for name in ("right", "strike", "open_interest", "iv")}
    gamma, delta = table["gamma"].to_numpy()[used], table["delta"].to_numpy()[used]
    shares = column["open_interest"] * 100
    has_iv = column["iv"] > 0
    years = seconds[used][has_iv] / (365 * 86_400)
    sigma, signed = column["iv"][has_iv], (column["right"] * shares)[has_iv]
    d1 = (np.log(spot / column["strike"][has_iv]) + sigma**2 / 2 * years) / (sigma * np.sqrt(years))
    d2 = d1 - sigma * np.sqrt(years)
    density = np.exp(-(d1**2) / 2) / math.sqrt(2 * math.pi)
    return {
        "rows_used": int(used.sum()),
        "rows_without_iv": int((~has_iv).sum()),
        "gex_usd_per_pct": float((column["right"] * gamma * shares).sum() * spot**2 * 0.01),
        "gex_usd_per_100pct": float((column["right"] * gamma * shares).sum() * spot**2),
        "dex_usd": float((delta * shares).sum() * spot),
        "dex_dealer_usd": float((column["right"] * np.abs(delta) * shares).sum() * spot),
        "vex_usd_per_vol_point": float((signed * -density * d2 / sigma).sum() * spot * 0.01),
        "chex_usd_per_day": float((signed * density * d2 / (2 * years)).sum() * spot / 365),
    }


def gamma_profile(chain: Chain, as_of_ns: int) -> Callable[[float], float]:
    """Total dollar gamma (up to a positive factor) re-priced at any spot: method B, one point of it."""
    table = pl.DataFrame(chain).filter((pl.col("open_interest") >= 5) & (pl.col("iv") > 0))
    closes = {expiry: close_ns(expiry) for expiry in table["expiry"].unique()}
    seconds = np.array([(closes[expiry] - as_of_ns) / 1e9 for expiry in table["expiry"]])
    live = seconds >= 60
    strike, sigma, right, held = (
        table[name].to_numpy()[live].astype(float) for name in ("strike", "iv", "right", "open_interest")
    )
    deviation = sigma * np.sqrt(seconds[live] / (365 * 86_400))

    def at(spot: float) -> float:
        d1 = np.log(spot / strike) / deviation + deviation / 2
        return float((right * held * np.exp(-(d1**2) / 2) / deviation).sum())

    return at


@pytest.mark.data
def test_totals_of_every_real_chain_equal_plain_numpy(cboe_file: Path) -> None:
    chain = decode_cboe_csv(gzip.decompress(cboe_file.read_bytes()))
    assert chain.spot is not None
    first = dt.datetime.strptime(chain.expiries()[0], "%Y%m%d").replace(tzinfo=dt.UTC).date()
    as_of_ns = close_ns(first) - 6 * 3600 * 10**9
    result = exposure(chain, chain.spot, as_of_ns=as_of_ns)
    for name, expected in numpy_totals(chain, chain.spot, as_of_ns).items():
        assert getattr(result, name) == pytest.approx(expected, rel=1e-9, abs=1e-3), name
    assert result.rows_total == chain.rows == result.rows_used + sum(result.rows_dropped.values())
    by_strike = pl.DataFrame(result.by_strike())
    assert by_strike["strike"].is_sorted()
    assert by_strike["net_gex"].sum() == pytest.approx(result.gex_usd_per_pct, rel=1e-9)
    assert by_strike["dex_usd"].sum() == pytest.approx(result.dex_usd, rel=1e-9)
    assert result.call_wall == by_strike["strike"][by_strike["call_gex"].arg_max()]
    assert result.put_wall == by_strike["strike"][by_strike["put_gex"].arg_min()]
    assert result.max_abs_gex_strike == by_strike["strike"][by_strike["net_gex"].abs().arg_max()]
    check_tables(chain, result, by_strike, as_of_ns)
    check_zero_gamma(chain, result, by_strike, as_of_ns)


def check_tables(chain: Chain, result: Exposure, by_strike: pl.DataFrame, as_of_ns: int) -> None:
    """Each table against group sums of plain columns; the walls' kin, max pain, against every strike's payout."""
    close = {expiry: close_ns(expiry) for expiry in pl.DataFrame(chain)["expiry"].unique()}
    live = [expiry for expiry, at in close.items() if at - as_of_ns >= 60 * 10**9]
    sign, held = pl.col("right").cast(pl.Float64), pl.col("open_interest") * 100
    used = (
        pl.DataFrame(chain)
        .filter((pl.col("open_interest") >= 5) & pl.col("expiry").is_in(live))
        .with_columns(
            gex=sign * pl.col("gamma") * held * result.spot**2 * 0.01,
            dex=pl.col("delta") * held * result.spot,
        )
    )
    call, put = pl.col("right") == 1, pl.col("right") == -1
    sums = {
        "call_gex": pl.col("gex").filter(call).sum(),
        "put_gex": pl.col("gex").filter(put).sum(),
        "net_gex": pl.col("gex").sum(),
        "call_dex_usd": pl.col("dex").filter(call).sum(),
        "put_dex_usd": pl.col("dex").filter(put).sum(),
        "call_oi": pl.col("open_interest").filter(call).sum(),
        "put_oi": pl.col("open_interest").filter(put).sum(),
    }
    for keys, ours in (
        (["strike"], by_strike),
        (["expiry"], pl.DataFrame(result.by_expiry())),
        (["expiry", "strike"], pl.DataFrame(result.by_strike_and_expiry())),
    ):
        theirs = used.group_by(keys).agg(**sums).sort(keys)
        assert ours.select(keys).equals(theirs.select(keys))
        for name in sums:
            np.testing.assert_allclose(ours[name], theirs[name], rtol=1e-9, atol=1e-3, err_msg=f"{keys} {name}")
    assert result.call_dex_usd + result.put_dex_usd == pytest.approx(result.dex_usd, rel=1e-12)
    strike = by_strike["strike"].to_numpy()
    away = strike[:, None] - strike[None, :]
    paid = np.maximum(away, 0) @ by_strike["call_oi"].to_numpy() + np.maximum(-away, 0) @ by_strike["put_oi"].to_numpy()
    assert result.max_pain is not None
    assert paid[strike == result.max_pain] == pytest.approx(paid.min(), rel=1e-9)
    table = pl.DataFrame(chain).filter(pl.col("expiry").is_in(live))
    quick = exposure_by_strike(
        *(table[name] for name in ("strike", "right", "gamma", "delta", "open_interest")), spot=result.spot
    )
    np.testing.assert_allclose(pl.DataFrame(quick.by_strike())["net_gex"], by_strike["net_gex"], rtol=1e-9, atol=1e-3)
    assert (quick.call_wall, quick.put_wall) == (result.call_wall, result.put_wall)
    assert quick.rows_used == result.rows_used
    # The gamma curve against every row priced anew at every spot.
    curve = pl.DataFrame(result.gamma_curve())
    if curve.height:
        total_gamma = gamma_profile(chain, as_of_ns)
        plain = np.array([total_gamma(at) * at for at in curve["spot"]]) / math.sqrt(2 * math.pi)
        scale = np.abs(curve["gex_usd_per_pct"].to_numpy()).max()
        np.testing.assert_allclose(curve["gex_usd_per_pct"], plain, rtol=1e-9, atol=1e-9 * scale)


def check_zero_gamma(chain: Chain, result: Exposure, by_strike: pl.DataFrame, as_of_ns: int) -> None:
    cumulative = by_strike["net_gex"].to_numpy().cumsum()
    crosses = np.flatnonzero(np.sign(cumulative[1:]) * np.sign(cumulative[:-1]) < 0)
    if result.zero_gamma_interpolated is None:
        assert crosses.size == 0
    else:
        strike = by_strike["strike"].to_numpy()
        zeros = [
            np.interp(0, *zip(*sorted(zip(cumulative[i : i + 2], strike[i : i + 2], strict=True)), strict=True))
            for i in crosses
        ]
        assert result.zero_gamma_interpolated == pytest.approx(min(zeros, key=lambda zero: abs(zero - result.spot)))
    # Every flip is a change of sign, and the grid holds no other one.
    grid = result.spot * np.exp(np.linspace(math.log(0.8), math.log(1.2), 161))
    total_gamma = gamma_profile(chain, as_of_ns)
    signs = np.sign([total_gamma(at) for at in grid])
    assert len(result.zero_gamma_flips) == np.count_nonzero(signs[1:] * signs[:-1] < 0)
    for flip in result.zero_gamma_flips:
        assert total_gamma(flip * (1 - 1e-9)) * total_gamma(flip * (1 + 1e-9)) < 0
    assert result.zero_gamma_flips == sorted(result.zero_gamma_flips)
    if result.zero_gamma_flips:
        assert result.zero_gamma_flip == min(result.zero_gamma_flips, key=lambda flip: abs(flip - result.spot))


def made_chain(**columns: list[object]) -> pa.RecordBatch:
    """A call and a put of one strike and expiry, with the given columns replaced."""
    base: dict[str, list[object]] = {
        "expiry": [dt.date(2026, 3, 3)] * 2,
        "right": [1, -1],
        "strike": [650.0, 650.0],
        "open_interest": [100.0, 40.0],
        "volume": [1.0, 300.0],
        "iv": [0.2, 0.25],
        "delta": [0.5, -0.5],
        "gamma": [0.02, 0.02],
    }
    types = {"expiry": pa.date32(), "right": pa.int8()}
    merged = base | columns
    return pa.record_batch({name: pa.array(values, types.get(name, pa.float64())) for name, values in merged.items()})


def test_a_chain_of_two_rows_by_hand() -> None:
    result = exposure(made_chain(), SPOT, as_of_ns=AS_OF_NS)
    assert result.gex_usd_per_100pct == pytest.approx(0.02 * (100 - 40) * 100 * SPOT**2)
    assert result.gex_usd_per_pct == pytest.approx(result.gex_usd_per_100pct / 100)
    assert result.dex_usd == pytest.approx(0.5 * (100 - 40) * 100 * SPOT)
    assert result.dex_dealer_usd == pytest.approx(result.dex_usd)
    assert (result.call_wall, result.put_wall, result.max_pain) == (650.0, 650.0, 650.0)
    (row,) = pa.record_batch(result.by_strike()).to_pylist()
    assert (row["call_oi"], row["put_oi"], row["call_volume"], row["put_volume"]) == (100.0, 40.0, 1.0, 300.0)
    assert (row["call_iv"], row["put_iv"]) == (0.2, 0.25)
    assert row["net_gex"] == pytest.approx(row["call_gex"] + row["put_gex"])


def test_rows_left_out_are_reported_by_reason() -> None:
    nan = math.nan
    for columns, reason in (
        ({"strike": [650.0, nan]}, "bad_strike"),
        ({"right": [1, None]}, "bad_right"),
        ({"expiry": [dt.date(2026, 3, 3), None]}, "bad_expiry"),
        ({"expiry": [dt.date(2026, 3, 3), dt.date(2026, 3, 1)]}, "expired"),
        ({"open_interest": [100.0, 4.0]}, "open_interest_below_min"),
        ({"open_interest": [100.0, None]}, "no_open_interest"),
        ({"gamma": [0.02, -0.1]}, "no_gamma"),
        ({"gamma": [0.02, None]}, "no_gamma"),
        ({"delta": [0.5, nan]}, "no_delta"),
    ):
        result = exposure(made_chain(**columns), SPOT, as_of_ns=AS_OF_NS)
        assert (result.rows_used, result.rows_dropped) == (1, {reason: 1})
        assert result.gex_usd_per_100pct == pytest.approx(0.02 * 100 * 100 * SPOT**2)


def test_volume_can_take_the_place_of_open_interest() -> None:
    result = exposure(made_chain(), SPOT, as_of_ns=AS_OF_NS, weight="volume")
    assert result.rows_dropped == {"volume_below_min": 1}
    assert result.gex_usd_per_100pct == pytest.approx(-0.02 * 300 * 100 * SPOT**2)
    assert exposure(made_chain(), SPOT, as_of_ns=AS_OF_NS, weight="volume", min_weight=0).rows_used == 2


def test_gamma_can_be_recomputed_from_volatility() -> None:
    result = exposure(made_chain(gamma=[0.0, None]), SPOT, as_of_ns=AS_OF_NS, gamma="recompute")
    years = (close_ns(dt.date(2026, 3, 3)) - AS_OF_NS) / 1e9 / (365 * 86_400)

    def gamma(sigma: float) -> float:
        deviation = sigma * math.sqrt(years)
        return math.exp(-((deviation / 2) ** 2) / 2) / math.sqrt(2 * math.pi) / (SPOT * deviation)

    expected = (gamma(0.2) * 100 - gamma(0.25) * 40) * 100 * SPOT**2
    assert result.gex_usd_per_100pct == pytest.approx(expected, rel=1e-12)
    assert exposure(made_chain(iv=[0.2, 0.0]), SPOT, as_of_ns=AS_OF_NS, gamma="recompute").rows_dropped == {"no_iv": 1}


def test_expiries_and_their_settlement() -> None:
    chain = made_chain(expiry=[dt.date(2026, 3, 2), dt.date(2026, 3, 3)])
    result = exposure(chain, SPOT, as_of_ns=AS_OF_NS, expiries=["20260303"])
    assert (result.rows_used, result.rows_dropped) == (1, {"expiry_not_selected": 1})
    assert exposure(chain, SPOT, as_of_ns=AS_OF_NS).rows_used == 2
    morning = {"20260302": AS_OF_NS - 1}
    assert exposure(chain, SPOT, as_of_ns=AS_OF_NS, settlement_ns=morning).rows_dropped == {"expired": 1}
    soon = {"20260302": AS_OF_NS + 59 * 10**9}
    assert exposure(chain, SPOT, as_of_ns=AS_OF_NS, settlement_ns=soon).rows_dropped == {"too_near_settlement": 1}
    assert exposure(chain, SPOT, as_of_ns=AS_OF_NS, settlement_ns=soon, min_seconds_to_settlement=30).rows_used == 2


def test_a_chain_without_volatility_still_has_gex() -> None:
    result = exposure(made_chain().drop_columns(["iv"]), SPOT, as_of_ns=AS_OF_NS)
    assert (result.rows_used, result.rows_without_iv, result.vex_usd_per_vol_point) == (2, 2, 0.0)
    assert (result.zero_gamma_flips, result.zero_gamma_flip) == ([], None)


def test_an_empty_chain_has_no_answers() -> None:
    result = exposure(made_chain().slice(0, 0), SPOT, as_of_ns=AS_OF_NS)
    assert (result.rows_total, result.gex_usd_per_pct, result.call_wall, result.max_pain) == (0, 0.0, None, None)
    assert (result.zero_gamma_interpolated, result.zero_gamma_flip) == (None, None)
    assert result.by_strike().num_rows == 0


def test_bad_arguments_are_refused() -> None:
    chain = made_chain()
    for arguments in (
        {"spot": math.nan},
        {"spot": -1.0},
        {"multiplier": 0.0},
        {"min_weight": math.nan},
        {"rate": math.inf},
        {"dividend_yield": 50.0},
        {"min_seconds_to_settlement": -1.0},
        {"grid_points": 1},
        {"grid_points": -5},
        {"grid_points": 10**9},
        {"weight": "delta"},
        {"gamma": "guess"},
        {"expiries": ["2026-03-03"]},
        {"settlement_ns": {"tomorrow": 1}},
    ):
        with pytest.raises(CoreError):
            exposure(chain, **({"spot": SPOT, "as_of_ns": AS_OF_NS} | arguments))
    with pytest.raises(SchemaError):
        exposure(chain.drop_columns(["right"]), SPOT, as_of_ns=AS_OF_NS)
    with pytest.raises(TypeError):
        exposure(chain, SPOT)  # type: ignore[call-arg]


def test_classes_of_one_date_may_settle_at_different_times() -> None:
    batch = made_chain().append_column("root", pa.array(["SPX", "SPXW"]))
    day = "20260303"
    times = {f"SPX:{day}": AS_OF_NS + 10**13, day: AS_OF_NS + 4 * 10**13}
    result = exposure(batch, SPOT, as_of_ns=AS_OF_NS, settlement_ns=times)
    by_expiry = pa.record_batch(result.by_expiry()).to_pylist()
    assert [row["settlement_ns"] - AS_OF_NS for row in by_expiry] == [10**13, 4 * 10**13]
    assert [row["call_oi"] for row in by_expiry] == [100.0, 0.0]
    settled = exposure(batch, SPOT, as_of_ns=AS_OF_NS, settlement_ns=times | {f"SPX:{day}": AS_OF_NS})
    assert (settled.rows_used, settled.rows_dropped) == (1, {"expired": 1})
    for text in ("root", "SPXW"):
        with pytest.raises(CoreError):
            exposure(batch, SPOT, as_of_ns=AS_OF_NS, settlement_ns={f"{text}:tomorrow": 1})


def test_given_greeks_by_strike_from_any_source() -> None:
    rng = np.random.default_rng(5)
    strike = rng.choice(np.arange(500, 800, 2.5), 4_000)
    right = rng.choice(np.array([1, -1], np.int8), 4_000)
    gamma, delta = rng.uniform(0, 0.1, 4_000), rng.uniform(0, 1, 4_000) * right
    contracts = rng.integers(0, 50, 4_000).astype(float)
    columns = [strike, right, gamma, delta, contracts]
    expected = exposure_by_strike(*columns, spot=SPOT)
    used = contracts >= 5
    assert expected.rows_used == used.sum()
    assert expected.rows_dropped == {"open_interest_below_min": (~used).sum()}
    total = (right * gamma * contracts)[used].sum() * 100 * SPOT**2 * 0.01
    assert expected.gex_usd_per_pct == pytest.approx(total, rel=1e-12)
    assert expected.gex_usd_per_100pct == pytest.approx(total * 100, rel=1e-12)
    assert expected.dex_usd == pytest.approx((delta * contracts)[used].sum() * 100 * SPOT, rel=1e-12)
    table = pl.DataFrame(expected.by_strike())
    assert table["strike"].to_list() == sorted(set(strike[used]))
    for of in (pa.array, pl.Series, lambda column: pa.chunked_array([column[:1_000], column[1_000:]])):
        other = exposure_by_strike(*(of(column) for column in columns), spot=SPOT)
        assert pl.DataFrame(other.by_strike()).equals(table)
    whole = [strike, right, gamma, delta, pa.array(contracts.astype(np.int64))]
    assert pl.DataFrame(exposure_by_strike(*whole, spot=SPOT).by_strike()).equals(table)
    by_volume = exposure_by_strike(*columns, spot=SPOT, weight="volume", min_weight=0)
    assert (by_volume.rows_used, pl.DataFrame(by_volume.by_strike())["call_oi"].sum()) == (4_000, 0.0)
    with pytest.raises(CoreError, match="one length"):
        exposure_by_strike(strike[:-1], right, gamma, delta, contracts, spot=SPOT)
    with pytest.raises(SchemaError, match="gamma"):
        exposure_by_strike(strike, right, ["0.1"], delta, contracts, spot=SPOT)  # type: ignore[arg-type]
