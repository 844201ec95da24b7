"""The page in a real browser: strategies, what waits for a person, and what is not ours."""

from decimal import Decimal

import msgspec
from playwright.async_api import Browser, Page, expect
from tests.dashboard.desk import Desk
from tests.dashboard.views import (
    SECOND_NS,
    make_busy_view,
    make_position,
    make_signal,
    make_strategy,
    make_view,
)
from tests.e2e.browser_pages import BROWSER_TEST, open_page

from alphatrader.domain.view import EngineView, ForeignView

pytestmark = BROWSER_TEST

COMMAND = "alphatrader approve 20260826-seed7.s42"


def without_quote(view: EngineView) -> EngineView:
    """The same view, its first position unquoted: its premium counts as lost."""
    lost = msgspec.structs.replace(view.positions[0], mark=None, unrealised_usd=Decimal("-414.00"))
    return msgspec.structs.replace(view, positions=(lost,), unrealised_usd=Decimal("-414.00"), unrealised_known=False)


async def test_each_strategy_says_its_mode_its_scores_and_why_nothing_came(desk: Desk, browser: Browser) -> None:
    async with open_page(desk, browser) as page:
        await desk.write(make_busy_view())
        await expect(page.locator("#note-strategies")).to_have_text("1 on · 1 approve · 1 shadow · 1 off")
        blocks = page.locator("#strategies tbody")
        await expect(blocks.locator(".strategy-line")).to_contain_text(
            [
                "zero_dte ▶ on trades by itself · budget 50%",
                "overnight_call ? approve each signal waits for a person",
                "gamma_pin ◌ shadow decides, sends no order",
                "fourteen_dte ■ off switched off · budget 50% · SPY",
            ]
        )
        rows = blocks.nth(0).locator("tr:not(.strategy-line)")
        await expect(rows.nth(0)).to_contain_text("SPY▲ +0.41score lowspread 0.22 on a mid of 1.391241")
        await expect(rows.nth(1)).to_contain_text("QQQ▼ −0.64has an idea41 s of cool-down are left731")
        await expect(blocks.nth(3).locator("tr")).to_have_count(1)
        colours = [
            await page.locator(f"#strategies [data-mode={mode}]").evaluate("(chip) => getComputedStyle(chip).color")
            for mode in ("on", "approve", "shadow", "off")
        ]
        assert len(set(colours)) == 4


async def test_a_mode_that_changes_and_an_opinion_that_is_missing_are_shown(desk: Desk, browser: Browser) -> None:
    before = make_strategy("zero_dte", "on")
    mute = msgspec.structs.replace(before.symbols[0], score=0.0, code="no_data", blocked="", blocked_text="")
    after = msgspec.structs.replace(before, mode="shadow", symbols=(mute,))
    async with open_page(desk, browser) as page:
        await desk.write(make_view(0, strategies=(before,)))
        await expect(page.locator("#strategies")).to_contain_text("▶ on")
        await desk.write(make_view(1, strategies=(after,)))
        await expect(page.locator("#strategies")).to_contain_text("◌ shadow")
        await expect(page.locator("#strategies .score")).to_have_text("–")
        await expect(page.locator("#strategies .last-refusal")).to_have_text("none yet")
        await desk.write(make_view(2, strategies=()))
        await expect(page.locator("#strategies")).to_contain_text("No strategy is configured")


async def test_what_waits_shows_the_command_and_counts_down_by_the_views_time(desk: Desk, browser: Browser) -> None:
    async with open_page(desk, browser) as page:
        await desk.write(make_view(0))
        await expect(page.locator("#positions")).to_contain_text("SPY 0DTE 651C")
        await expect(page.locator("#proposals")).to_be_hidden()
        await desk.write(make_busy_view(0))
        left = page.locator(".proposal-left")
        await expect(left).to_have_text("48 s left")
        await expect(page.locator(".proposal code")).to_have_text(COMMAND)
        await expect(page.locator(".proposal")).to_contain_text("QQQ 1DTE 590C")
        await expect(page.locator(".proposal")).to_contain_text(
            "overnight_call · ▲ bullish · score 0.71 · entry ≤ 1.39"
        )
        assert (await page.title()).startswith("1 WAITING")
        await desk.write(make_busy_view(160))  # 40 s of market time later, at once
        await expect(left).to_have_text("8 s left")
        await expect(left).to_have_class("proposal-left urgent")
        await desk.write(make_busy_view(0, time_scale=10.0))
        await expect(left).to_have_text("48 s left, 4 s by your clock")
        await expect(left).to_have_text("not live: it had 48 s")  # no view came for two seconds
        await expect(page.locator("body")).to_have_attribute("data-live", "stale")


async def test_the_command_can_be_copied_and_the_reasons_are_one_press_away(desk: Desk, browser: Browser) -> None:
    async with open_page(desk, browser) as page:
        await page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        await desk.write(make_busy_view(0))
        await page.locator(".proposal button", has_text="Copy").click()
        await expect(page.locator(".proposal")).to_contain_text("Copied")
        assert await page.evaluate("navigator.clipboard.readText()") == COMMAND
        await page.locator(".proposal button", has_text="Why").click()
        opened = page.locator(".signal details[open]")
        await expect(opened).to_contain_text("QQQ 1DTE 590C")
        await expect(opened.locator(".reasons")).to_be_in_viewport()


async def test_a_signal_that_was_approved_is_shown_once_with_its_last_word(desk: Desk, browser: Browser) -> None:
    view = make_busy_view(0)
    waited = view.signals[0]
    async with open_page(desk, browser) as page:
        await desk.write(view)
        row = page.locator(".signal", has_text="QQQ 1DTE 590C")
        await expect(row.locator("summary > .chip")).to_have_text("waits for you")
        await expect(page.locator("#note-signals")).to_have_text("2 taken, 1 waiting, 1 shadow, 3 refused")
        taken = msgspec.structs.replace(waited, accepted=True, code="accepted", text="2 contracts, risk 80.00 USD")
        await desk.write(make_busy_view(1, signals=(taken, *view.signals), proposals=()))
        await expect(page.locator("#proposals")).to_be_hidden()
        await expect(row).to_have_count(1)
        await expect(row.locator("summary > .chip")).to_have_text("✓ taken")
        await expect(page.locator("#note-signals")).to_have_text("3 taken, 1 shadow, 3 refused")
        await desk.write(
            make_busy_view(2, proposals=())
        )  # it waits no more, and the view does not say what became of it
        await expect(row.locator("summary > .chip")).to_have_text("waits no more")


async def test_signals_of_shadow_and_approve_are_told_apart_and_may_lack_prices(desk: Desk, browser: Browser) -> None:
    async with open_page(desk, browser) as page:
        await desk.write(make_busy_view(0))
        shadow = page.locator(".signal[data-mode=shadow]")
        await expect(shadow.locator(".mode-chip")).to_have_text("◌ shadow")
        await expect(shadow.locator("summary > .chip")).to_have_text("no order")
        await expect(shadow.locator(".verdict")).to_contain_text("gamma_pin: shadow: 2 contracts")
        waiting = page.locator(".signal[data-mode=approve]")
        await expect(waiting.locator(".mode-chip")).to_have_text("? approve")
        await waiting.locator("summary").click()
        prices = waiting.locator(".signal-prices")
        await expect(prices).to_contain_text("entry ≤ 1.39 · stop on the underlying · no target")
        own = page.locator(".signal[data-mode=on]").first
        await expect(own.locator(".mode-chip")).to_have_count(0)
        await expect(own.locator(".verdict")).to_contain_text("zero_dte: 3 contracts")


async def test_positions_name_their_strategy_and_sums_are_the_views_own(desk: Desk, browser: Browser) -> None:
    # A total that its rows do not add up to: the page must not know better.
    async with open_page(desk, browser) as page:
        await desk.write(make_busy_view(0, unrealised_usd=Decimal("7.77")))
        rows = page.locator("#positions tbody tr")
        await expect(rows.nth(0)).to_contain_text("zero_dte")
        await expect(rows.nth(1)).to_contain_text("overnight_call")
        await expect(rows.nth(1).locator(".stop")).to_contain_text("on underlying ✓ at broker")
        for place in ("#note-positions", "#pnl-parts"):
            await expect(page.locator(place)).to_contain_text("open +$7.77")
        await expect(page.locator("#account")).to_contain_text("open P&L+$7.77")
        await expect(page.locator("#pnl")).to_have_text("P&L ▲ +$179.77")
        await page.locator("#flatten").click()
        await expect(page.locator("#confirm-body")).to_contain_text("this books +$7.77")


async def test_an_open_result_that_is_not_known_is_said_everywhere(desk: Desk, browser: Browser) -> None:
    async with open_page(desk, browser) as page:
        await desk.write(without_quote(make_view(0)))
        await expect(page.locator("#pnl-parts .unknown")).to_have_text("open P&L not known (−$414.00)")
        await expect(page.locator("#pnl")).to_have_text("P&L ? −$242.00")
        await expect(page.locator("#note-positions")).to_contain_text("open P&L not known (−$414.00)")
        await expect(page.locator("#positions .money")).to_have_text("not known (−$414.00)")
        await expect(page.locator("#positions-unknown")).to_be_visible()
        await expect(page.locator("#account")).to_contain_text("open P&Lnot known")
        await page.locator("#flatten").click()
        await expect(page.locator("#confirm-body")).to_contain_text("sell 3 × SPY 0DTE 651C, no quote")
        await expect(page.locator("#confirm-body")).to_contain_text("What this books is not known")
        await page.keyboard.press("Escape")
        await desk.write(make_view(1))
        await expect(page.locator("#positions-unknown")).to_be_hidden()
        await expect(page.locator("#pnl")).to_have_text("P&L ▲ +$187.00")


async def test_a_position_that_no_trade_works_says_so(desk: Desk, browser: Browser) -> None:
    view = make_view(0)
    loose = make_position(
        view.ts_ns, Decimal("1.42"), strategy="", stop_price=None, target_price=None, stop_resting=False, opened_ns=0
    )
    async with open_page(desk, browser) as page:
        await desk.write(make_view(0, positions=(loose,)))
        row = page.locator("#positions tbody tr")
        await expect(row).to_contain_text("no open trade")
        await expect(row.locator(".stop")).to_have_text("– ✕ NOT at broker")


async def test_what_is_not_ours_stands_apart_and_enters_no_figure(desk: Desk, browser: Browser) -> None:
    async with open_page(desk, browser) as page:
        await desk.write(make_view(0))
        await expect(page.locator("#positions")).to_contain_text("SPY 0DTE 651C")
        await expect(page.locator("#foreign")).to_be_hidden()
        ours = await page.locator("#pnl").text_content()
        await desk.write(make_view(0, foreign=make_busy_view().foreign))
        await expect(page.locator("#foreign")).to_be_visible()
        await shows_what_is_not_ours(page)
        await expect(page.locator("#pnl")).to_have_text(ours or "")
        await expect(page.locator("#note-positions")).to_contain_text("1 held")
        await page.locator("#flatten").click()
        await expect(page.locator("#confirm-body")).to_contain_text("Not ours, and left alone: +100 SPY, −1 IWM")
        await page.keyboard.press("Escape")
        await desk.write(make_view(1, foreign=ForeignView(fees_usd=Decimal("1.30"))))
        await expect(page.locator("#foreign-table")).to_be_hidden()
        await expect(page.locator("#foreign")).to_contain_text("fees $1.30")
        await desk.write(make_view(2))
        await expect(page.locator("#foreign")).to_be_hidden()


async def shows_what_is_not_ours(page: Page) -> None:
    await expect(page.locator("#foreign")).to_contain_text("Enters no figure of this page")
    await expect(page.locator("#foreign-rows tr")).to_have_text(["SPY+100648.20", "IWM 20260918 240P−12.15"])
    await expect(page.locator("#foreign-sums")).to_have_text("Booked by others −$35.00, fees $1.30.")


async def test_what_waits_is_spoken_of_once_by_the_engines_own_words(desk: Desk, browser: Browser) -> None:
    first = make_view(0)
    busy = make_busy_view(1)
    words = f"QQQ 1DTE 590C waits until 12:46:48 for  {COMMAND}"
    proposed = msgspec.structs.replace(
        first.notices[0],
        ts_ns=first.ts_ns + SECOND_NS,
        level="warning",
        topic="signal",
        text=words,
        code="signal.proposed",
    )
    shadow = make_signal(
        first.ts_ns, signal_id="r.s99", accepted=False, code="shadow", text="shadow: 1 contract", mode="shadow"
    )
    async with open_page(desk, browser) as page:
        await desk.write(first)
        await expect(page.locator("#events li")).to_have_count(len(first.notices))
        signals = (busy.signals[0], shadow, *first.signals)
        await desk.write(make_view(1, notices=(proposed, *first.notices), signals=signals, proposals=busy.proposals))
        await expect(page.locator("#announcer")).to_have_text(
            f"warning: {words}. signal ▲ bullish SPY 0DTE 651C, shadow: shadow: 1 contract"
        )
        await expect(page.locator("#events li").first).to_have_attribute("data-code", "signal.proposed")
