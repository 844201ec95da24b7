"""The same storm over a trade that leaves in steps, its stop behind the bid: several brackets in one intent."""

from hypothesis import strategies as st
from hypothesis.stateful import rule
from tests.faults.test_random_interleavings import SETTINGS_OF_A_STORM, Trading

from alphatrader.domain.exit_plans import ExitPlan, StopTerms, TargetStep, TrailingRule

PLAN = ExitPlan(
    stop=StopTerms(loss_fraction=0.25),
    targets=(TargetStep(gain_fraction=0.3, share=0.4), TargetStep(gain_fraction=0.8, share=0.3)),
    trailing=TrailingRule(start_gain_fraction=0.1, distance_fraction=0.15),
)
"""Two targets, and a rest that only its stop ends."""


class TradingInSteps(Trading):
    """The rules of the storm, and a price that moves."""

    def start(self, now_ns: int | None) -> None:
        super().start(now_ns)
        self.bench.strategy.exit_plan = PLAN

    @rule(by_usd=st.sampled_from([-1.0, -0.4, 0.4, 1.0]))
    def the_price_moves(self, by_usd: float) -> None:
        self.bench.price = min(652.0, max(648.0, self.bench.price + by_usd))


TestTradingInSteps = TradingInSteps.TestCase
TestTradingInSteps.settings = SETTINGS_OF_A_STORM
