"""The judgement over counted instructions: what fails, what must be declared, what is kept."""

import pytest
from bench.instructions import Record, dearer, rewritten, undeclared

HERE = {"rustc": "1"}
BEFORE = Record(HERE, {"a": 1_000, "b": 1_000}, [])


def test_a_rise_within_the_bound_passes_and_one_past_it_does_not() -> None:
    assert dearer(BEFORE.kernels, {"a": 1_029, "b": 500, "new": 9}) == {}
    assert dearer(BEFORE.kernels, {"a": 1_031}) == {"a": pytest.approx(0.031)}


def test_small_rises_do_not_add_up_and_gains_are_held() -> None:
    assert rewritten(BEFORE, HERE, {"a": 1_029, "b": 900}, None).kernels == {"a": 1_000, "b": 900}


def test_a_rise_or_a_removal_needs_a_reason() -> None:
    with pytest.raises(ValueError, match="a became dearer"):
        rewritten(BEFORE, HERE, {"a": 1_100, "b": 1_000}, " ")
    after = rewritten(BEFORE, HERE, {"a": 1_100}, "holes are looked for")
    assert [(entry["kernel"], entry["to"]) for entry in after.declared] == [("a", 1_100), ("b", None)]
    assert undeclared(BEFORE, after) == []
    assert undeclared(after, after) == []
    after.declared.clear()
    assert len(undeclared(BEFORE, after)) == 2


def test_figures_of_another_environment_are_replaced_without_a_word() -> None:
    assert rewritten(BEFORE, {"rustc": "2"}, {"a": 9_000}, None).kernels == {"a": 9_000}


def test_the_record_reads_what_it_writes() -> None:
    assert Record.parse(BEFORE.text()) == BEFORE
