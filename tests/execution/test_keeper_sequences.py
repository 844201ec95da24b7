"""The keeper in any sequence of fills, losses and delays.

It sells no more than is held, lowers no stop, and gets out of a trade that is to end.
"""

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.execution.keeper_scenario import PLANS, STEPS, Scenario

NUMBERS = st.integers(0, 99)
SCENARIOS = st.builds(
    Scenario,
    st.integers(0, len(PLANS) - 1),
    st.integers(1, 12),
    st.integers(0, 2),
    shrinks_children=st.booleans(),
    leaving=st.booleans(),
)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(SCENARIOS, st.lists(st.tuples(st.sampled_from(sorted(STEPS)), NUMBERS, NUMBERS), max_size=40))
def test_any_sequence_ends_flat_and_never_short(scenario: Scenario, steps: list[tuple[str, int, int]]) -> None:
    for name, first, second in steps:
        scenario.happen(name, first, second)
    scenario.end()


@pytest.mark.parametrize("block", range(4))
def test_no_scenario_of_thousands_sells_what_is_not_held(block: int) -> None:
    """The same, drawn with weights, so that most of them reach an open position and its end."""
    for seed in range(block * 1_000, (block + 1) * 1_000):
        random = Random(seed)
        scenario = Scenario(
            random.randrange(len(PLANS)),
            random.randint(1, 12),
            random.choice((0, 1, 2, 2, 2)),
            shrinks_children=random.random() < 0.5,
            leaving=random.random() < 0.4,
        )
        names = random.choices(list(STEPS), list(STEPS.values()), k=40)
        try:
            for name in names:
                scenario.happen(name, random.randrange(100), random.randrange(100))
            scenario.end()
        except AssertionError as error:
            raise AssertionError(f"scenario {seed}: {error}") from error
