"""Adding a strategy changes no other file: a file and a block, and it trades by its own terms."""

from decimal import Decimal
from pathlib import Path

import pytest
from pydantic import ValidationError
from tests.doubles.engine_bench import EngineBench
from tests.strategies.user_files import install, write

from alphatrader.domain.contracts import Right
from alphatrader.domain.exit_plans import ExitPlan, StopTerms, TargetStep
from alphatrader.domain.orders import Leg, OrderIntent
from alphatrader.domain.records import SignalRecord
from alphatrader.engine.commands import ClaimSignal, SubmitIntent, WatchOptions
from alphatrader.engine.settings import EngineSettings

CONTRARIAN = """
class ContrarianSettings(StrategySettings):
    after_return: float = 0.0002
    underlying_stop_usd: float = 3.0


class Contrarian(Strategy[ContrarianSettings]):
    settings_type = ContrarianSettings

    def watch(self, view):
        return [WatchPlan(expiry, 6, (Right.PUT,)) for expiry in view.expiries[:1]]

    def assess(self, features):
        change, spot = features.value("return_60s"), features.value("spot")
        if change is None or spot is None:
            return Assessment(0.0, None, None, "no_data")
        if change < self.settings.after_return:
            return Assessment(0.0, "bearish", None, "not_stretched")
        stop = StopTerms(
            kind="underlying_price",
            loss_fraction=0.5,
            underlying_price=round(Decimal(repr(spot)) + Decimal(repr(self.settings.underlying_stop_usd)), 2),
        )
        plan = ExitPlan(
            stop=stop, targets=(TargetStep(gain_fraction=0.3, share=0.5), TargetStep(gain_fraction=0.6, share=0.5))
        )
        reason = Reason("stretch", change, 1.0, f"60-s return {change * 1e4:+.1f} bp: too far")
        idea = Idea(
            strategy=self.name, symbol=features.symbol, direction="bearish", right=Right.PUT, score=0.7,
            reasons=(reason,), expiry=features.session_date.replace("-", ""), target_delta=0.4, exit_plan=plan,
        )
        return Assessment(0.7, "bearish", idea, "ok")
"""
HEAD = """
from decimal import Decimal

from alphatrader.domain.contracts import Right
from alphatrader.domain.exit_plans import ExitPlan, StopTerms, TargetStep
from alphatrader.domain.signals import Reason
from alphatrader.strategies.base import Assessment, Idea, Strategy, StrategySettings, WatchPlan
"""


def configured(folder: Path | None, **blocks: object) -> EngineSettings:
    """As config.yaml is read."""
    return EngineSettings.model_validate({"strategies_dir": folder, "strategies": blocks})


def submitted(bench: EngineBench) -> list[OrderIntent]:
    return [command.approved.value for command in bench.of(SubmitIntent)]


def rising(settings: EngineSettings) -> EngineBench:
    bench = EngineBench(settings).ready().flow()
    bench.decide()
    return bench


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write(tmp_path, "contrarian", CONTRARIAN, head=HEAD)
    return tmp_path


def test_it_gives_a_signal_and_is_traded_by_its_own_plan(folder: Path) -> None:
    bench = rising(configured(folder, contrarian={"underlying_stop_usd": 2.5}))
    assert [claim.signal_id for claim in bench.of(ClaimSignal)] == ["t.s1"]
    bench.claim()
    (intent,) = submitted(bench)
    assert intent.strategy == "contrarian"
    assert intent.contract is not None
    assert intent.contract.right is Right.PUT
    level = Decimal(repr(bench.price)).quantize(Decimal("0.01")) + Decimal("2.5")
    assert intent.exit_plan == ExitPlan(
        stop=StopTerms(kind="underlying_price", loss_fraction=0.5, underlying_price=level),
        targets=(TargetStep(gain_fraction=0.3, share=0.5), TargetStep(gain_fraction=0.6, share=0.5)),
    )
    stops = [ticket for ticket in intent.tickets if ticket.leg is Leg.STOP]
    assert [stop.condition is not None and stop.condition.is_more for stop in stops] == [True, True], "a put's"
    (record,) = bench.records(SignalRecord)
    assert record.signal.reasons[0].text.endswith("bp: too far")
    assert (record.mode, record.accepted) == ("on", True)


def test_only_what_it_wants_is_quoted(folder: Path) -> None:
    bench = rising(configured(folder, contrarian={}))
    watched = bench.of(WatchOptions)[-1].keys
    assert len(watched) == 6
    assert {key.right for key in watched} == {Right.PUT}


def test_its_block_is_read_by_its_own_model(folder: Path) -> None:
    assert submitted(rising(configured(folder, contrarian={"after_return": 0.5}))) == []
    with pytest.raises(ValidationError, match=r"strategies\.contrarian\.after_retrun"):
        configured(folder, contrarian={"after_retrun": 0.5})
    text = configured(folder, contrarian={"after_return": 0.5}).model_dump_json()
    assert EngineSettings.model_validate_json(text) == configured(folder, contrarian={"after_return": 0.5})


def test_it_trades_beside_the_others_each_on_its_own(folder: Path) -> None:
    bench = rising(configured(folder, zero_dte={}, contrarian={}))
    for claim in bench.of(ClaimSignal):
        bench.claim_of(claim)
    intents = submitted(bench)
    assert {intent.strategy for intent in intents} == {"zero_dte", "contrarian"}
    assert len({intent.con_id for intent in intents}) == 2
    tickets = [ticket.order_id for intent in intents for ticket in intent.tickets]
    assert len(set(tickets)) == len(tickets)


def test_in_the_shadow_it_sends_nothing_and_off_it_is_not_asked(folder: Path) -> None:
    shadow = rising(configured(folder, contrarian={"mode": "shadow"}))
    (record,) = shadow.records(SignalRecord)
    assert (record.mode, record.code) == ("shadow", "shadow")
    assert shadow.of(ClaimSignal) == []
    off = rising(configured(folder, contrarian={"mode": "off"}))
    assert off.records(SignalRecord) == []
    assert off.of(WatchOptions) == []


def test_an_installed_one_trades_without_any_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(tmp_path, monkeypatch, name="hired", value="agency:Contrarian", module="agency", body=HEAD + CONTRARIAN)
    bench = rising(configured(None, hired={}))
    bench.claim()
    (intent,) = submitted(bench)
    assert intent.strategy == "hired"
