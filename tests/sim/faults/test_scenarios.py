"""Scenario files: what they may say, when their steps run, and those that are shipped."""

from pathlib import Path

import pytest

from alphatrader.domain.errors import ConfigError
from alphatrader.sim.faults import kinds
from alphatrader.sim.faults.scenarios import Scenarios
from alphatrader.sim.faults.timeline import RandomFaults, Timeline, find_scenario, load_timeline
from alphatrader.sim.scripted import OPEN_NS

S = 1_000_000_000
SHIPPED = sorted(path.stem for path in Path("config/scenarios").glob("*.yaml"))
WANTED = {
    "nightly_reset",
    "gateway_restart",
    "sunday_login",
    "farm_flap",
    "feed_stall",
    "demo",
    "fill_races",
    "lost_callbacks",
    "duplicate_statuses",
    "halted",
    "depth_resets",
    "slow_gateway",
    "order_id_rollback",
    "alphavantage_limits",
    "chaos",
}


class Clockwork:
    """A gateway that is nothing but its clocks: wall seconds and market time, moved by hand."""

    def __init__(self):
        self.now_s = 100.0
        self.first_start_s = None
        self.market = self
        self.now_ns = OPEN_NS - 3600 * S
        self.open_ns = OPEN_NS

    def wall_s(self):
        return self.now_s


class Recorder:
    """Notes the faults and when they came."""

    def __init__(self, gateway):
        self.gateway = gateway
        self.applied = []

    def apply(self, fault):
        if getattr(fault, "symbol", "") == "XYZ":
            raise ConfigError("no underlying 'XYZ' is listed")
        self.applied.append((round(self.gateway.now_s - 100.0, 6), type(fault).__name__))


class Bench:
    """Scenarios over a clockwork."""

    def __init__(self, first, seed=7):
        self.gateway = Clockwork()
        self.recorder = Recorder(self.gateway)
        self.scenarios = Scenarios(self.gateway, self.recorder, first, seed)

    def run(self, for_s, step_s=0.5, speed=1.0):
        for _ in range(round(for_s / step_s)):
            self.scenarios.run_due()
            self.gateway.now_s += step_s
            self.gateway.now_ns += int(step_s * speed * S)
        return self.recorder.applied


@pytest.fixture
def written(tmp_path):
    def write(text, name="scenario"):
        path = tmp_path / f"{name}.yaml"
        path.write_text(text)
        return path

    return write


def flat(timeline):
    """All faults of a scenario and of what it includes."""
    for step in timeline.steps:
        if isinstance(step.action, Timeline):
            yield from flat(step.action)
        elif isinstance(step.action, RandomFaults):
            yield from step.action.faults
        else:
            yield step.action


def test_all_that_was_promised_is_shipped():
    assert set(SHIPPED) >= WANTED


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_scenario_is_valid_and_says_what_it_shows(name):
    path = find_scenario(name)
    timeline = load_timeline(path)
    assert timeline.name == name
    assert list(flat(timeline))
    assert path.read_text().startswith("# "), "the first line says what the scenario is"


def test_the_first_scenario_waits_for_the_first_client(written):
    bench = Bench(load_timeline(written("- at_s: 2\n  fault: {kind: clear}\n")))
    assert bench.run(5) == []
    bench.gateway.first_start_s = bench.gateway.now_s
    assert bench.run(5) == [(7.0, "Clear")]
    assert bench.scenarios.left == 0


def test_steps_run_in_the_order_of_the_file_and_repeat(written):
    path = written("- at_s: 1\n  every_s: 2\n  times: 3\n  fault: {kind: clear}\n- at_s: 1\n  fault: {kind: login}\n")
    bench = Bench(Timeline("none", ()))
    bench.scenarios.start(load_timeline(path))
    assert bench.scenarios.left == 4
    assert bench.run(10) == [(1.0, "Clear"), (1.0, "Login"), (3.0, "Clear"), (5.0, "Clear")]


def test_a_coarse_loop_misses_no_repetition(written):
    bench = Bench(Timeline("none", ()))
    bench.scenarios.start(load_timeline(written("- at_s: 1\n  every_s: 0.1\n  times: 50\n  fault: {kind: clear}\n")))
    assert len(bench.run(20, step_s=5)) == 50


def test_market_time_and_seconds_after_the_open(written):
    path = written('- at: "09:31:00"\n  fault: {kind: clear}\n- after_open_s: 30\n  fault: {kind: login}\n')
    bench = Bench(Timeline("none", ()))
    bench.scenarios.start(load_timeline(path))
    # The market is at 08:30 and runs 60 times as fast: the open is 60 wall seconds away.
    assert bench.run(70, speed=60) == [(60.5, "Login"), (61.0, "Clear")]


def test_a_moment_that_has_passed_waits_for_the_next_session(written):
    path = written("- after_open_s: -7200\n  fault: {kind: clear}\n")
    bench = Bench(Timeline("none", ()))
    bench.scenarios.start(load_timeline(path))
    assert bench.run(10) == []
    bench.gateway.open_ns += 86_400 * S
    bench.gateway.now_ns += 86_400 * S
    assert len(bench.run(10)) == 1


def test_each_session_repeats_on_every_day(written):
    path = written("- after_open_s: 10\n  each_session: true\n  fault: {kind: clear}\n")
    bench = Bench(Timeline("none", ()))
    bench.scenarios.start(load_timeline(path))
    for day in (1, 2, 3):
        bench.gateway.now_ns = bench.gateway.open_ns + 11 * S
        bench.run(2)
        assert len(bench.recorder.applied) == day
        bench.gateway.open_ns += 86_400 * S


def test_an_included_scenario_begins_at_its_step_with_its_parameters(written):
    inner = written("parameters: {after_s: 9}\nsteps:\n- at_s: $after_s\n  fault: {kind: login}\n", "inner")
    outer = written(f"- at_s: 5\n  include: {inner}\n  parameters: {{after_s: 2}}\n", "outer")
    bench = Bench(Timeline("none", ()))
    bench.scenarios.start(load_timeline(outer))
    assert bench.run(10) == [(7.0, "Login")]


def test_faults_at_random_come_from_the_seed_at_their_rate(written):
    text = "- at_s: 0\n  random: {per_minute: 30, for_s: 600, faults: [{kind: clear}, {kind: login}]}\n"
    timeline = load_timeline(written(text))

    def storm(seed):
        bench = Bench(Timeline("none", ()), seed)
        bench.scenarios.start(timeline)
        return bench.run(900)

    first = storm(1)
    assert first == storm(1) != storm(2)
    # A Poisson number of mean 300 is within six standard deviations.
    assert 200 < len(first) < 400
    assert {kind for _, kind in first} == {"Clear", "Login"}
    assert first[-1][0] <= 600.5


def test_a_step_for_an_unlisted_symbol_is_left_out_and_the_rest_runs(written):
    path = written("- at_s: 1\n  fault: {kind: mute, symbol: XYZ}\n- at_s: 1\n  fault: {kind: clear}\n")
    bench = Bench(Timeline("none", ()))
    bench.scenarios.start(load_timeline(path))
    assert bench.run(3) == [(1.0, "Clear")]


def test_what_is_still_to_come_can_be_dropped(written):
    bench = Bench(load_timeline(written("- at_s: 1\n  fault: {kind: clear}\n")))
    bench.scenarios.stop()
    bench.gateway.first_start_s = bench.gateway.now_s
    assert bench.run(5) == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("- at_s: soon\n  fault: {kind: clear}\n", "step 1: .*at_s"),
        ("- at_s: -1\n  fault: {kind: clear}\n", "negative"),
        ("- at_s: 1\n  fault: {kind: rain}\n", "step 1"),
        ("- at_s: 1\n  fault: {kind: clear}\n- at_s: 1\n  fault: {kind: mute, by: 1}\n", "step 2"),
        ("{: :", "not a list"),
        ("- at_s: 1\n  fault: {kind: clear}\n  extra: 1\n", "extra"),
        ("- fault: {kind: clear}\n", "says when"),
        ("- at_s: 1\n  after_open_s: 1\n  fault: {kind: clear}\n", "says when"),
        ("- at_s: 1\n", "says what"),
        ("- at_s: 1\n  fault: {kind: clear}\n  include: demo\n", "says what"),
        ("- at: noon\n  fault: {kind: clear}\n", "15:59:30"),
        ("- at_s: 1\n  times: 3\n  fault: {kind: clear}\n", "every_s"),
        ("- at_s: 1\n  times: 0\n  fault: {kind: clear}\n", "times"),
        ("- at_s: 1\n  each_session: true\n  fault: {kind: clear}\n", "each_session"),
        ("- at_s: 1\n  parameters: {a: 1}\n  fault: {kind: clear}\n", "include"),
        ("- at_s: $start\n  fault: {kind: clear}\n", "no parameter"),
        ("- at_s: 1\n  include: nowhere\n", "there is no scenario"),
        ("- at_s: 1\n  include: demo\n  parameters: {x: 1}\n", "has no parameter x"),
        ("- at_s: 1\n  random: {per_minute: 0, faults: [{kind: clear}]}\n", "per_minute"),
        ("- at_s: 1\n  random: {per_minute: 1, faults: []}\n", "at least one"),
        ("steps: 1\n", "not a list"),
    ],
)
def test_a_bad_scenario_is_refused_by_name_and_step(written, text, words):
    with pytest.raises(ConfigError, match=words) as refused:
        load_timeline(written(text, "bad"))
    assert "bad" in str(refused.value)


def test_a_scenario_that_includes_itself_is_refused(written):
    path = written("", "loop")
    path.write_text(f"- at_s: 1\n  include: {path}\n")
    with pytest.raises(ConfigError, match="included by itself"):
        load_timeline(path)


def test_the_names_of_scenarios():
    assert find_scenario("none") is None
    assert load_timeline(None).steps == ()
    with pytest.raises(ConfigError, match=r"one of none, .*nightly_reset"):
        find_scenario("nowhere")
    with pytest.raises(ConfigError, match="cannot be read"):
        load_timeline(Path("nowhere.yaml"))


def test_every_kind_of_fault_in_the_union_is_one_of_the_package():
    assert all(issubclass(kind, kinds.Fault) for kind in kinds.AnyFault.__args__)
