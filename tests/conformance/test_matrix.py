"""The committed matrix says what the table of steps says, and no more."""

import pytest

from tests.conformance import matrix
from tests.conformance.clients import CLIENTS
from tests.conformance.sections import load_steps
from tests.conformance.table import STEPS

load_steps()

TEXT = matrix.DOCUMENT.read_text()
"""As it was before the run, which may change it."""


def test_the_matrix_has_the_steps_of_the_table():
    wanted = {(step.section, step.title, client) for step in STEPS for client in CLIENTS}
    assert set(matrix.committed_cells(TEXT)) == wanted, "run `just conformance` and commit docs/simulator.md"


def test_a_cell_says_no_more_than_the_table():
    """A step that fails fails on its own; here an `ok` must not stand where the table has a deviation or nothing."""
    cells = matrix.committed_cells(TEXT)
    for step in STEPS:
        for client in CLIENTS:
            value = cells.get((step.section, step.title, client))
            if step.absence(client):
                assert value == matrix.ABSENT, step.title
            elif step.deviation(client):
                assert value != matrix.OK, step.title
            else:
                assert value in {matrix.OK, matrix.NOT_RUN}, step.title


def test_every_step_was_run_with_every_client_that_offers_it():
    unknown = [key for key, value in matrix.committed_cells(TEXT).items() if value == matrix.NOT_RUN]
    assert unknown == [], "run `just conformance` where all clients are installed, and commit docs/simulator.md"


def test_titles_are_unique_and_fit_a_cell():
    titles = [(step.section, step.title) for step in STEPS]
    assert len(titles) == len(set(titles))
    keys = [step.key for step in STEPS]
    assert len(keys) == len(set(keys))
    assert not [title for _, title in titles if "|" in title]


def test_a_run_writes_only_what_it_saw_pass(monkeypatch):
    first, second = STEPS[:2]
    client, other = list(CLIENTS)[:2]
    seen = {(first.section, first.title, client): True, (second.section, second.title, client): False}
    monkeypatch.setattr(matrix, "_passed", seen)
    lines = matrix.table_lines({(first.section, first.title, other): matrix.OK})
    cells = matrix.committed_cells("\n".join([matrix.BEGIN, *lines, matrix.END]))
    passed = {cell for cell, value in cells.items() if value.startswith(matrix.OK)}
    assert passed == {(first.section, first.title, client), (first.section, first.title, other)}


@pytest.mark.parametrize("client", CLIENTS)
def test_a_deviation_is_a_sentence(client):
    for step in STEPS:
        text = step.deviation(client) or step.absence(client)
        assert not text or text.endswith("."), f"{step.title}: {text}"
