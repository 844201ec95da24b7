"""The judge of the benchmarks must itself be right: on clocks that tell a known time."""

import math

import pytest
from bench.contest import DifferentAnswerError, Race


class Bench:
    """pytest-benchmark's `pedantic` without its clock."""

    def __init__(self):
        self.extra_info = {}
        self.rounds = 0

    def pedantic(self, target, *, setup, teardown, rounds):
        self.rounds = rounds
        for _ in range(rounds):
            setup()
            target()
            teardown()


class World:
    """A clock that only the contestants move, and the order in which they ran."""

    def __init__(self):
        self.now_ns = 0
        self.order = []

    def job(self, name, *costs_ns, result=42.0):
        calls = iter(range(10**9))

        def call():
            self.order.append(name)
            self.now_ns += costs_ns[next(calls) % len(costs_ns)]
            return result

        return call


@pytest.fixture
def world():
    return World()


@pytest.fixture
def bench():
    return Bench()


@pytest.fixture
def race(world, bench):
    return Race("kernel", size=1_000, unit="row", benchmark=bench, budget_s=1, clock_ns=lambda: world.now_ns)


MS = 1_000_000


def test_ratio_is_the_median_of_the_rounds_and_judged_by_the_demand(race, world, bench):
    race.ours(world.job("ours", 4 * MS), checksum=float)
    # Two calls warm up; then the rounds see 8, 16, 8, 2, 8, 8, ...
    race.peer("steady", world.job("steady", 8 * MS), checksum=float, demand=0.5)
    race.peer("wild", world.job("wild", 8 * MS, 8 * MS, 2 * MS, 16 * MS, 8 * MS), checksum=float, demand=0.4)
    race.limit("read", world.job("read", 2 * MS, result=None), demand=1.9)
    race.run()
    result = bench.extra_info["contest"]
    by_name = {one["name"]: one for one in result["contestants"]}
    assert by_name["ours"]["ns_per_element"]["median"] == 4_000
    assert "ratio" not in by_name["ours"]
    assert (by_name["steady"]["ratio"]["median"], by_name["steady"]["met"]) == (0.5, True)
    assert (by_name["wild"]["ratio"]["median"], by_name["wild"]["met"]) == (0.5, False)
    assert by_name["wild"]["ratio"]["low"] <= 0.5 < by_name["wild"]["ratio"]["high"] + 1e-12
    assert (by_name["read"]["ratio"]["median"], by_name["read"]["met"]) == (2.0, False)
    assert result["rounds"] == bench.rounds == 31


def test_rounds_interleave_and_turn_round(race, world):
    race.ours(world.job("ours", 4 * MS), checksum=float)
    race.peer("a", world.job("a", 4 * MS), checksum=float)
    race.peer("b", world.job("b", 4 * MS), checksum=float)
    race.run()
    timed = world.order[6:]
    assert timed[:9] == ["ours", "a", "b", "b", "a", "ours", "ours", "a", "b"]


def test_a_short_call_is_repeated_until_the_clock_can_tell(race, world, bench):
    race.ours(world.job("ours", 1_000), checksum=float)
    race.run()
    ours = bench.extra_info["contest"]["contestants"][0]
    assert ours["repeats"] == 2_000
    assert ours["ns_per_element"]["median"] == 1.0


def test_a_slow_race_keeps_to_its_budget_but_for_the_fewest_rounds(race, world, bench):
    race.ours(world.job("ours", 100 * MS), checksum=float)
    race.run()
    assert bench.rounds == 10
    slow = Race("slow", size=1, unit="row", benchmark=bench, budget_s=1, clock_ns=lambda: world.now_ns)
    slow.ours(world.job("ours", 9_000 * MS), checksum=float)
    slow.run()
    assert bench.rounds == 5


@pytest.mark.parametrize("answer", [42.001, math.nan, [42.0, 42.0], []])
def test_a_different_answer_fails(race, world, answer):
    race.ours(world.job("ours", MS), checksum=float)
    race.peer("wrong", world.job("wrong", MS, result=answer), checksum=lambda result: result)
    with pytest.raises(DifferentAnswerError, match=r"kernel at 1,000: wrong computes .*, ours \(42.0,\)"):
        race.run()


def test_answers_may_differ_by_the_tolerance_only(race, world):
    race.ours(world.job("ours", MS, result=[1.0, math.nan]), checksum=list)
    race.peer("near", world.job("near", MS, result=[1.0 + 1e-10, math.nan]), checksum=list)
    race.peer("stated", world.job("stated", MS, result=[1.001, math.nan]), checksum=list, rtol=0.01)
    race.run()
    race.peer("far", world.job("far", MS, result=[1.0 + 1e-8, math.nan]), checksum=list)
    with pytest.raises(DifferentAnswerError, match="far"):
        race.run()


def test_with_timing_disabled_only_the_answers_are_compared(race, world, bench):
    def once(target, *, setup, teardown, rounds):
        setup()
        target()

    bench.pedantic = once
    race.ours(world.job("ours", MS), checksum=float)
    race.peer("a", world.job("a", MS), checksum=float, demand=1.0)
    race.run()
    result = bench.extra_info["contest"]
    assert result["rounds"] == 0
    assert result["contestants"][1]["ratio"] is result["contestants"][1]["met"] is None


def test_a_missing_peer_is_named_and_left_out(race, world, bench):
    def missing():
        import no_such_module_at_all  # noqa: F401, PLC0415

    race.ours(world.job("ours", MS), checksum=float)
    race.peer("declared", world.job("declared", MS), checksum=float, requires=("math", "no_such_package.part"))
    race.peer("found out", missing, checksum=float)
    race.peer("too slow", world.job("slow", MS), checksum=float, size_max=999)
    race.run()
    result = bench.extra_info["contest"]
    assert [one["name"] for one in result["contestants"]] == ["ours"]
    assert result["absent"] == {
        "declared": "not installed here: no_such_package.part",
        "found out": "not installed here: no_such_module_at_all",
        "too slow": "not run above 999",
    }


def test_a_missing_module_of_ours_is_an_error(race):
    def missing():
        raise ModuleNotFoundError("No module", name="alphatrader._core")

    race.ours(missing, checksum=float)
    with pytest.raises(ModuleNotFoundError):
        race.run()


def test_misuse_is_told(race, world):
    with pytest.raises(ValueError, match="needs ours"):
        race.run()
    race.ours(world.job("ours", MS), checksum=float)
    race.peer("a", world.job("a", MS), checksum=float)
    with pytest.raises(ValueError, match="two contestants named 'a'"):
        race.peer("a", world.job("a", MS), checksum=float)
