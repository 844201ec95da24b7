"""Which options are quoted: what is held first and always, then what strategies want, within the lines there are."""

from decimal import Decimal

from msgspec.structs import replace
from tests.doubles.engine_bench import EngineBench, armed_settings
from tests.doubles.engine_market import EXPIRY, NEXT_DATE, NEXT_EXPIRY

from alphatrader.domain.contracts import OptionKey, Right
from alphatrader.domain.orders import Leg, OrderIntent
from alphatrader.domain.records import IntentStage, OpenIntent, RestoredState
from alphatrader.engine.commands import Command, Notify, WatchOptions

BOTH = (EXPIRY, NEXT_EXPIRY)
NEXT = {"armed": {"expiry_index": 1}}


def watched(bench: EngineBench, commands: list[Command] | None = None) -> tuple[OptionKey, ...]:
    """The newest watch list."""
    return tuple(bench.of(WatchOptions, commands)[-1].keys)


def held_for(intent: OrderIntent, **changes: object) -> RestoredState:
    """A journal with this intent open."""
    return RestoredState(max_order_id=500, intents=(OpenIntent(intent, IntentStage.SENT),), **changes)  # type: ignore[arg-type]


def leave(bench: EngineBench) -> None:
    """Spot goes where none of the strikes is that were watched."""
    bench.price += 40
    bench.universe()


def on_another(intent: OrderIntent, number: int) -> OrderIntent:
    """The same intent for a contract of its own."""
    first = 200 + 10 * number
    tickets = tuple(
        replace(ticket, order_id=first + place, parent_id=first if ticket.parent_id else 0)
        for place, ticket in enumerate(intent.tickets)
    )
    key = OptionKey("SPY", NEXT_EXPIRY, Decimal(649 + number), Right.CALL, "SPY")
    return replace(intent, intent_id=f"old.{number}", con_id=900 + number, contract=key, tickets=tickets)


def an_intent(expiry_index: int = 0) -> OrderIntent:
    bench = EngineBench(armed_settings(armed={"expiry_index": expiry_index}), expiries=BOTH).ready()
    bench.look()
    return bench.enter()


def test_the_strikes_around_spot_are_watched_both_rights_of_each() -> None:
    bench = EngineBench(armed_settings()).ready()
    keys = watched(bench, bench.look())
    assert len(keys) == 24
    assert {key.right for key in keys} == {Right.CALL, Right.PUT}
    assert {int(key.strike) for key in keys} >= set(range(645, 655))
    assert {(key.symbol, key.expiry, key.trading_class) for key in keys} == {("SPY", EXPIRY, "SPY")}


def test_they_are_asked_for_once_and_move_with_spot() -> None:
    bench = EngineBench(armed_settings()).ready()
    before = watched(bench, bench.look())
    bench.price += 0.5
    assert not bench.of(WatchOptions, bench.look()), "less than three quarters of a strike's distance"
    bench.price += 1.5
    after = watched(bench, bench.look())
    assert max(key.strike for key in after) == max(key.strike for key in before) + 2
    assert not bench.of(WatchOptions, bench.look())


def test_every_wanted_expiry_is_watched() -> None:
    blocks = {"armed": {"expiry_index": 0}, "rival": {"expiry_index": 1}}
    bench = EngineBench(armed_settings(changes={"max_option_lines": 60}, **blocks), expiries=BOTH).ready()
    keys = watched(bench, bench.look())
    assert {key.expiry for key in keys} == set(BOTH)
    assert len(keys) == 48


def test_a_later_expiry_is_watched_where_today_has_none() -> None:
    bench = EngineBench(armed_settings(), expiries=(NEXT_EXPIRY,)).ready()
    assert {key.expiry for key in watched(bench, bench.look())} == {NEXT_EXPIRY}


def test_lines_are_shared_out_in_turn_and_what_is_missing_is_told_once() -> None:
    blocks = {"armed": {}, "rival": {"expiry_index": 1}}
    bench = EngineBench(armed_settings(changes={"max_option_lines": 20}, **blocks), expiries=BOTH).ready()
    keys = watched(bench, bench.look())
    assert len(keys) == 20
    assert {expiry: sum(key.expiry == expiry for key in keys) for expiry in BOTH} == {EXPIRY: 10, NEXT_EXPIRY: 10}
    short = [n.text for n in bench.of(Notify) if n.code == "contract.lines_short"]
    assert short == ["the strategies want 48 option lines, 20 are free: raise engine.max_option_lines"]
    bench.price += 2
    bench.look()
    assert bench.codes().count("contract.lines_short") == 1


def test_the_lines_of_one_symbol_do_not_drop_those_of_another() -> None:
    bench = EngineBench(armed_settings(("SPY", "QQQ"))).ready()
    keys = watched(bench, bench.look())
    assert {symbol: sum(key.symbol == symbol for key in keys) for symbol in ("SPY", "QQQ")} == {"SPY": 20, "QQQ": 20}
    bench.price += 2
    moved = watched(bench, bench.look())
    assert {key for key in moved if key.symbol == "QQQ"} == {key for key in keys if key.symbol == "QQQ"}


def test_a_strategy_watches_its_own_underlyings_only() -> None:
    bench = EngineBench(armed_settings(("SPY", "QQQ"), armed={"symbols": ["QQQ"]})).ready()
    assert {key.symbol for key in watched(bench, bench.look())} == {"QQQ"}


def test_what_is_held_is_asked_for_at_the_first_connection_before_there_is_a_quote_or_a_list() -> None:
    intent = an_intent()
    bench = EngineBench(armed_settings(), held_for(intent))
    assert watched(bench, bench.link()) == (intent.contract,)


def test_what_is_held_and_not_qualified_is_asked_for_again_until_it_is() -> None:
    """Its contract was refused for a moment at the start: without it no exit is priced, and spot may stand still."""
    intent = an_intent(expiry_index=1)
    bench = EngineBench(armed_settings(armed={"mode": "off"}), held_for(intent))
    bench.link()
    assert watched(bench) == (intent.contract,)
    asked = [len(bench.of(WatchOptions, bench.advance(5).decide())) for _ in range(24)]
    assert sum(asked) == 4, "every half minute"
    bench.link(healthy=False)
    assert not bench.of(WatchOptions, bench.advance(31).decide()), "over a dead link nothing is asked"
    bench.link()
    assert intent.contract is not None
    bench.add_option(intent.contract)
    assert not bench.of(WatchOptions, bench.advance(31).decide())


def test_a_contract_that_has_expired_is_not_asked_for_again() -> None:
    intent = an_intent()
    bench = EngineBench(armed_settings(), held_for(intent), date=NEXT_DATE, expiries=(NEXT_EXPIRY,))
    bench.link()
    bench.fill(intent, Leg.ENTRY, 1, "1.60")
    bench.decide()
    assert not bench.of(WatchOptions, bench.advance(31).decide())


def test_what_is_held_is_watched_where_today_has_no_expiry() -> None:
    intent = an_intent(expiry_index=1)
    bench = EngineBench(armed_settings(**NEXT), held_for(intent), expiries=()).ready()
    bench.look()
    assert watched(bench) == (intent.contract,)


def test_what_is_held_stays_watched_however_far_spot_goes() -> None:
    bench = EngineBench(armed_settings()).ready()
    intent = bench.hold()
    leave(bench)
    keys = watched(bench, bench.look())
    assert intent.contract in keys
    assert min(key.strike for key in keys if key != intent.contract) > 670


def test_what_is_held_comes_first_where_lines_are_short() -> None:
    intent = an_intent(expiry_index=1)
    settings = armed_settings(changes={"max_option_lines": 2})
    bench = EngineBench(settings, held_for(intent), expiries=BOTH).ready()
    keys = watched(bench, bench.look())
    assert intent.contract in keys
    assert len(keys) == 2


def test_contracts_held_are_watched_even_beyond_the_lines() -> None:
    """More may be held than strategies may watch: a position without a quote cannot be left well."""
    intent = an_intent(expiry_index=1)
    intents = [on_another(intent, number) for number in range(3)]
    restored = RestoredState(max_order_id=500, intents=tuple(OpenIntent(i, IntentStage.SENT) for i in intents))
    bench = EngineBench(armed_settings(changes={"max_option_lines": 2}), restored)
    assert set(watched(bench, bench.link())) == {held.contract for held in intents}


def test_the_line_of_a_finished_trade_is_given_back() -> None:
    bench = EngineBench(armed_settings(armed={"expiry_index": 1}), expiries=BOTH).ready()
    bench.look()
    intent = bench.enter()
    leave(bench)
    assert intent.contract in watched(bench, bench.look())
    for ticket in intent.tickets:
        bench.report_ticket(intent, ticket, "Cancelled")
    assert intent.contract not in watched(bench, bench.look())


def test_the_contracts_of_shadow_trades_stay_quoted() -> None:
    bench = EngineBench(armed_settings(armed={"mode": "shadow", "take_profit_fraction": 1_000})).ready().arm("armed")
    bench.look()
    bench.arm()
    (trade,) = bench.engine.shadows.trades.values()
    leave(bench)
    assert trade.signal.contract in watched(bench, bench.look())


def test_of_two_classes_on_one_expiry_the_one_that_still_trades_is_watched() -> None:
    """A third Friday lists SPX, which settles on the opening, and SPXW."""
    bench = EngineBench(armed_settings(("SPX",))).ready()
    bench.universe("SPX", "SPXW")
    assert {key.trading_class for key in watched(bench, bench.look())} == {"SPXW"}


def test_a_class_that_settles_on_the_opening_is_watched_where_it_is_the_only_one() -> None:
    bench = EngineBench(armed_settings(("SPX",), **NEXT), expiries=BOTH).ready()
    bench.universe("SPX", "SPXW", (EXPIRY,))
    keys = watched(bench, bench.look())
    assert {(key.expiry, key.trading_class) for key in keys} == {(NEXT_EXPIRY, "SPX")}
