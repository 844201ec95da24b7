"""The record and the tables made of it."""

import json

import pytest
from bench.contest import SIZES
from bench.demands import PATHS

from bench import machine, record, table


def figure(median):
    return {"median": median, "low": median * 0.9, "high": median * 1.1}


def contestant(name, ns, ratio=None, demand=None):
    one = {"name": name, "role": "ours" if ratio is None else "peer", "repeats": 1, "ns_per_element": figure(ns)}
    if ratio is not None:
        one |= {"ratio": figure(ratio), "demand": demand, "met": None if demand is None else ratio <= demand}
    return one


def race(kernel="VPIN, exact splits", size=10_000, ratio=0.5, notes=(), absent=None):
    return {
        "kernel": kernel,
        "size": size,
        "unit": "trade",
        "rounds": 9,
        "contestants": [contestant("ours", 0.61234567), contestant("numba", 0.61234567 / ratio, ratio, 0.75)],
        "absent": absent or {},
        "notes": list(notes),
    }


ALONE = {"name": "test_orders", "group": None, "median_ms": 2.4, "min_ms": 1.5, "rounds": 60, "extra": {}}

DOCUMENT = "\n".join(
    f"Text.\n<!-- bench:{name} -->\nold\n<!-- /bench:{name} -->" for name in ("machine", "demands", "growth", "alone")
)


@pytest.fixture
def world(monkeypatch):
    """Facts that the tests set."""
    facts = {
        "machine": {"cpu": "AMD EPYC (TM)", "cores": 2, "memory_gib": 23, "architecture": "x86_64", "os": "Debian 12"},
        "software": {
            "python": "3.11.7",
            "rustc": "rustc 1",
            "profile": "release",
            "packages": {"numba": "1", "x": None},
        },
        "commit": "abc",
        "now": "2026-11-22T18:00:00Z",
    }
    for name in list(facts):
        monkeypatch.setattr(machine, name, lambda name=name: facts[name])
    return facts


def test_a_run_is_recorded_with_its_machine_and_to_four_digits(world, tmp_path):
    path = record.write([race()], [ALONE], tmp_path)
    content = json.loads(path.read_text())
    assert path.name == "2026-11-22-amd-epyc.json"
    assert {name: content[name] for name in ("machine", "software")} == {n: world[n] for n in ("machine", "software")}
    (row,) = content["contests"]
    assert row["contestants"][0]["ns_per_element"]["median"] == 0.6123
    assert (row["commit"], row["measured_at"]) == ("abc", "2026-11-22T18:00:00Z")
    assert content["alone"][0]["median_ms"] == 2.4


def test_a_later_run_of_the_day_replaces_its_own_rows_only(world, tmp_path):
    record.write([race(ratio=0.9), race("OCC", ratio=0.2)], [], tmp_path)
    world.update(commit="def", now="2026-11-22T19:00:00Z")
    path = record.write([race(ratio=0.5), race(size=100_000)], [], tmp_path)
    rows = {(row["kernel"], row["size"]): row for row in json.loads(path.read_text())["contests"]}
    assert {key: row["commit"] for key, row in rows.items()} == {
        ("OCC", 10_000): "abc", ("VPIN, exact splits", 10_000): "def", ("VPIN, exact splits", 100_000): "def",
    }  # fmt: skip
    assert rows["VPIN, exact splits", 10_000]["contestants"][1]["ratio"]["median"] == 0.5


def test_other_versions_begin_another_file_and_the_newest_is_found(world, tmp_path):
    assert record.newest(tmp_path) is None
    first = record.write([race()], [], tmp_path)
    world["software"] = world["software"] | {"profile": "quick"}
    world["now"] = "2026-11-22T19:00:00Z"
    second = record.write([race()], [], tmp_path)
    assert (first.name, second.name) == ("2026-11-22-amd-epyc.json", "2026-11-22-amd-epyc-2.json")
    assert record.newest(tmp_path) == second
    world["software"] = world["software"] | {"profile": "release"}
    world["now"] = "2026-11-22T20:00:00Z"
    assert record.write([race()], [], tmp_path) == record.newest(tmp_path) == first


def test_the_tables_show_ratios_by_size_and_say_where_a_demand_is_missed(world, tmp_path):
    races = [race(), race(size=1_000_000, ratio=0.8, notes=["memory | bound"]), race("New kernel", size=4_096)]
    path = record.write(races, [ALONE], tmp_path)
    docs = tmp_path / "benchmarks.md"
    docs.write_text(DOCUMENT)
    table.update_docs(path, docs)
    text = docs.read_text()
    assert "| VPIN exact | VPIN, exact splits | numba | <= 0.75 | 0.5 |  | 0.8 |  | not at 1 M |" in text
    assert "- VPIN, exact splits: memory | bound" in text
    assert "| OCC symbols | no contest in this record |" in text
    assert "|  | New kernel | numba | <= 0.75 |  |  |  |  | yes; 0.5 at 4,096 |" in text
    assert "| VPIN, exact splits (per trade) | ours | 0.612 |  | 0.612 |  |  |" in text
    assert "on AMD EPYC (TM) (x86_64), 2 cores" in text
    assert "Not installed there: x." in text
    assert "| `test_orders` | 2.4 | 1.5 | 60 |" in text
    assert "old" not in text
    assert text.count("Text.") == 4
    again = text
    table.update_docs(path, docs)
    assert docs.read_text() == again


def test_the_terminal_says_what_was_found(world):
    (line, alone) = table.plain([race(ratio=0.8, absent={"polars": "not installed here: polars"})], [ALONE])
    assert line == (
        "VPIN, exact splits, 10,000: ours 0.612 ns/trade | numba 0.765 = 0.8x (0.72-0.88) MISSES 0.75"
        " | polars: not installed here: polars"
    )
    assert alone == "test_orders: median 2.4 ms, least 1.5 ms"


def test_a_document_without_its_markers_is_refused():
    with pytest.raises(ValueError, match="one pair of markers"):
        table.between("no markers", "growth", "x")


def test_the_published_document_has_the_markers():
    text = table.DOCS.read_text()
    for name in ("machine", "demands", "growth", "alone"):
        assert table.between(text, name, "x") != text


@pytest.mark.parametrize(
    ("value", "shown"),
    [(None, "-"), (0.000123456, "0.000123"), (0.6123, "0.612"), (12.34, "12.3"), (99.96, "100"), (1234.5, "1,234")],
)
def test_numbers_read_well(value, shown):
    assert table.number(value) == shown


def test_sizes_have_short_names():
    assert [table.short(size) for size in (*SIZES, 4_096)] == ["10 k", "100 k", "1 M", "10 M", "4,096"]


def test_every_path_of_the_demands_has_a_pattern_of_its_own():
    assert len({path for path, _ in PATHS}) == len({pattern for _, pattern in PATHS}) == len(PATHS) == 10


def test_facts_of_this_machine_name_no_user_and_no_path():
    words = json.dumps([machine.machine(), machine.commit(), machine.software()])
    assert str(machine.ROOT) not in words
    assert "/" not in words.replace("GNU/Linux", "")
    assert machine.software()["profile"] in {"debug", "quick", "release"}
