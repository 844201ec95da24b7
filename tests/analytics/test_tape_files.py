import datetime as dt
import zipfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pytest

from alphatrader import _core
from alphatrader.analytics.settlement import NEW_YORK, instant_ns
from alphatrader.analytics.tape_files import EXCLUDED, load_tape
from alphatrader.domain.errors import DataError

DATA = Path(__file__).parents[3] / "shared" / "data"
OPEN = instant_ns(dt.datetime(2013, 10, 10, 9, 30, tzinfo=NEW_YORK))
MILLISECONDS_AT_OPEN = 34_200_000


def lean_zip(path: Path, rows: list[str], member: str = "20131010_spy_Trade_Tick.csv") -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(member, "\n".join(rows) + "\n")
    return path


def test_lean_ticks_become_instants_dollars_and_shares(tmp_path: Path) -> None:
    rows = [f"{MILLISECONDS_AT_OPEN + 1},1664300,200,P,20000000,0", f"{MILLISECONDS_AT_OPEN + 2.5},1664350,50,D,0,0"]
    tape = load_tape(lean_zip(tmp_path / "20131010_tick_trade.zip", rows))
    assert tape.source == "Lean tick zip"
    assert tape.ts_ns.tolist() == [OPEN + 1_000_000, OPEN + 2_500_000]
    assert tape.price.tolist() == [166.43, 166.435]
    assert tape.size.tolist() == [200, 50]
    assert tape.volume == 250


LEAN_FLAGS = {
    "2": "special_settlement",
    "8": "special_settlement",
    "40": "opening_auction",
    "80": "closing_auction",
    "100": "opening_auction",
    "200": "derivatively_priced",
    "800": "late",
    "4800": "out_of_sequence",  # both flags together are the letter Z
    "40000": "contingent",
    "100000": "average_price",
    "200000": "cross",
    "400000": "price_variation",
    "1000000": "official_open_or_close",
    "2000000": "prior_reference_price",
    "4000000": "official_open_or_close",
}


@pytest.mark.parametrize(("flags", "reason"), LEAN_FLAGS.items())
def test_lean_prints_without_price_discovery_are_left_out_and_counted(tmp_path: Path, flags: str, reason: str) -> None:
    rows = [f"{MILLISECONDS_AT_OPEN},1664300,200,P,0,0", f"{MILLISECONDS_AT_OPEN},1664300,200,P,{flags},0"]
    tape = load_tape(lean_zip(tmp_path / "20131010_tick_trade.zip", rows))
    assert tape.rows_dropped == {reason: 1}
    assert len(tape.ts_ns) == 1


def test_lean_sweeps_odd_lots_and_bunched_trades_count(tmp_path: Path) -> None:
    rows = [f"{MILLISECONDS_AT_OPEN},1664300,200,P,{flags},0" for flags in ("1", "20000020", "80000000", "20000")]
    assert len(load_tape(lean_zip(tmp_path / "20131010_tick_trade.zip", rows)).ts_ns) == 4


def test_the_reasons_are_all_that_the_core_leaves_out() -> None:
    said = 0
    for conditions in EXCLUDED.values():
        assert not said & conditions
        said |= conditions
    assert said == _core.SALE_NO_AGGRESSOR


def test_suspicious_bad_and_late_rows_are_counted_once_each(tmp_path: Path) -> None:
    rows = [
        f"{MILLISECONDS_AT_OPEN},1664300,200,P,0,0",
        f"{MILLISECONDS_AT_OPEN},1664300,200,P,200,1",  # suspicious and derivatively priced: one reason only
        f"{MILLISECONDS_AT_OPEN},0,200,P,0,0",
        f"{MILLISECONDS_AT_OPEN},1664300,-5,P,0,0",
        "14400000,1664300,200,P,0,0",
    ]
    path = lean_zip(tmp_path / "20131010_tick_trade.zip", rows)
    tape = load_tape(path)
    assert tape.rows_dropped == {"bad_price": 1, "bad_size": 1, "suspicious": 1, "outside_regular_hours": 1}
    assert len(load_tape(path, all_hours=True).ts_ns) == 2


def columns(count: int = 3) -> dict[str, list[object]]:
    return {
        "ts_ns": [OPEN + i for i in range(count)],
        "price": [100.0 + i for i in range(count)],
        "size": [100] * count,
        "conditions": ["@"] * count,
    }


def test_csv_and_parquet_give_the_same(tmp_path: Path) -> None:
    table = pa.table(columns())
    pa.csv.write_csv(table, tmp_path / "tape.csv")
    pa.parquet.write_table(table, tmp_path / "tape.parquet")
    first, second = load_tape(tmp_path / "tape.csv"), load_tape(tmp_path / "tape.parquet")
    assert (first.source, second.source) == ("CSV", "Parquet")
    np.testing.assert_array_equal(first.ts_ns, second.ts_ns)
    np.testing.assert_array_equal(first.price, second.price)


@pytest.mark.parametrize(
    "times",
    [
        [str(OPEN), str(OPEN + 1_000_000_000)],
        [str(OPEN // 1_000_000), str(OPEN // 1_000_000 + 1_000)],
        [str(OPEN // 1_000_000_000), str(OPEN // 1_000_000_000 + 1)],
        ["2013-10-10 13:30:00", "2013-10-10 13:30:01"],
        ["2013-10-10T09:30:00-0400", "2013-10-10T09:30:01-0400"],
    ],
)
def test_times_in_their_usual_forms(tmp_path: Path, times: list[str]) -> None:
    path = tmp_path / "tape.csv"
    path.write_text("time,price,volume\n" + "".join(f"{when},100,10\n" for when in times))
    assert load_tape(path).ts_ns.tolist() == [OPEN, OPEN + 1_000_000_000]


def test_rows_are_put_in_order_of_time_and_keep_their_order_within(tmp_path: Path) -> None:
    path = tmp_path / "tape.csv"
    path.write_text(f"ts_ns,price,size\n{OPEN + 5},3,10\n{OPEN},1,10\n{OPEN + 5},4,10\n{OPEN},2,10\n")
    assert load_tape(path).price.tolist() == [1, 2, 3, 4]


def test_cta_conditions_are_read(tmp_path: Path) -> None:
    path = tmp_path / "tape.csv"
    path.write_text(
        "ts_ns,price,size,conditions\n"
        + "".join(f"{OPEN},1,10,{c}\n" for c in ("@", "@F", "4", "@ W", "", "@O", "V", "X", "G", "B"))
    )
    assert load_tape(path).rows_dropped == {
        "derivatively_priced": 1,
        "average_price": 2,  # B may be one: the file does not say which plan's letter it is
        "opening_auction": 1,
        "contingent": 1,
        "cross": 1,
        "out_of_sequence": 1,
    }


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("a,b\n1,2\n", "needs the columns ts_ns"),
        ("ts_ns,price,size\n", "no rows"),
        ("ts_ns,price,size\n5,1,1\n", "no epoch times"),
        ("ts_ns,price,size\n,1,1\n1381411800000000000,1,1\n", "without a time"),
        ("ts_ns,price,size\n1381411800000000000,x,1\n", "does not hold what its name says"),
        ("ts_ns,price,size\n1381411800000000000,1\n", "no well-formed CSV"),
        ("ts_ns,price,size\n1381300000000000000,1,1\n", "--all-hours"),
        ("ts_ns,price,size\n1381411800000000000,1,1\n1481411800000000000,1,1\n", "one day"),
        ("\x00\x01\x02\x03,\n", "needs the columns"),
    ],
)
def test_a_bad_csv_gets_one_line(tmp_path: Path, content: str, words: str) -> None:
    (tmp_path / "tape.csv").write_text(content)
    with pytest.raises(DataError, match=words) as caught:
        load_tape(tmp_path / "tape.csv")
    assert "\n" not in str(caught.value)


def test_a_zip_that_is_no_tick_file_gets_one_line(tmp_path: Path) -> None:
    good = f"{MILLISECONDS_AT_OPEN},1664300,200,P,0,0"
    cases = [
        (["1,2,3,4,5,6,7,8"], "20131010_spy_Quote_Tick.csv", "20131010_q.zip", "holds quotes"),
        ([good], "spy_tick.csv", "x.zip", "does not say its date"),
        (["1,2,3"], "20131010_spy_minute_trade.csv", "y.zip", "no Lean file of ticks"),
        ([good.replace("P,0", "P,zz")], "20131010_spy_Trade_Tick.csv", "z.zip", "a row that is no tick"),
        ([good.replace("1664300", "abc")], "20131010_spy_Trade_Tick.csv", "w.zip", "a row that is no tick"),
    ]
    for rows, member, name, words in cases:
        with pytest.raises(DataError, match=words) as caught:
            load_tape(lean_zip(tmp_path / name, rows, member))
        assert "\n" not in str(caught.value)


def test_a_damaged_parquet_gets_one_line(tmp_path: Path) -> None:
    pa.parquet.write_table(pa.table(columns()), tmp_path / "tape.parquet")
    body = (tmp_path / "tape.parquet").read_bytes()
    (tmp_path / "cut.parquet").write_bytes(body[: len(body) // 2])
    with pytest.raises(DataError, match="no Parquet file") as caught:
        load_tape(tmp_path / "cut.parquet")
    assert "\n" not in str(caught.value)


@pytest.mark.data
def test_a_real_day_of_spy() -> None:
    path = DATA / "spy_ticks_2013-10" / "20131010_tick_trade.zip"
    if not path.exists():
        pytest.skip("the real tape ../shared/data/spy_ticks_2013-10 is not here")
    tape = load_tape(path)
    assert tape.rows_total == 460_032
    assert len(tape.ts_ns) + sum(tape.rows_dropped.values()) == tape.rows_total
    assert tape.rows_dropped["suspicious"] == 10
    assert 167.2 < tape.price.min() < tape.price.max() < 169.3
    assert 140e6 < tape.volume < 155e6
    assert (np.diff(tape.ts_ns) >= 0).all()
