"""The page in a real browser: numbers move, grow old, and HALT reaches the trader."""

import msgspec
import pytest
from playwright.async_api import Browser, Page, expect
from tests.dashboard.desk import Desk
from tests.dashboard.views import FEEDS, make_busy_view, make_symbol, make_view
from tests.e2e.browser_pages import BROWSER_TEST, open_page, trading

pytestmark = BROWSER_TEST


async def test_the_page_shows_the_run_and_moves(desk: Desk, browser: Browser) -> None:
    async with trading(desk), open_page(desk, browser) as page:
        await expect(page.locator("#mode")).to_have_text("PAPER")
        await expect(page.locator("#market-label")).to_have_text("SIMULATED MARKET (seed 7)")
        await expect(page.locator("#clock")).to_contain_text("12:46")
        await expect(page.locator("#session")).to_have_text("market open 3h13")
        await expect(page.locator("#feeds li")).to_have_count(len(FEEDS))
        await expect(page.locator("#price-chart svg path.bar-rising")).to_have_count(1)
        await expect(page.locator("#price-chart")).to_contain_text("call wall")
        await expect(page.locator("#exposure-chart svg path.gex-call")).to_have_count(1)
        await expect(page.locator("#exposure-method")).to_contain_text("dealers long calls, short puts")
        await expect(page.locator("#exposure-method")).to_contain_text("2026-08-25")
        await expect(page.locator("#exposure-method")).to_contain_text("35 dropped")
        await expect(page.locator("#depth-ladder tr.bid").first).to_be_visible()
        await expect(page.locator("#flow")).to_contain_text("quantile 0.83")
        await expect(page.locator("#positions")).to_contain_text("✓ at broker")
        await expect(page.locator("#events")).to_contain_text("bought 3 SPY 0DTE 651C")
        await expect(page.locator("#account")).to_contain_text("$100,185")
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        before = await page.locator("#pnl").text_content()
        await expect(page.locator("#pnl")).not_to_have_text(before or "")
        await expect(page.locator("body")).to_have_attribute("data-live", "live")


async def test_a_signal_opens_to_its_reasons_and_stays_open(desk: Desk, browser: Browser) -> None:
    async with open_page(desk, browser) as page:
        await desk.write(make_view(0))
        first = page.locator(".signal").first
        await first.locator("summary").click()
        await expect(first).to_contain_text("buyers lifted 8,400 shares")
        await desk.write(make_view(1))
        await expect(page.locator("body")).to_have_attribute("data-live", "live")
        await expect(first.locator("details")).to_have_attribute("open", "")
        await page.locator("[data-table-toggle=exposure]").click()
        await expect(page.locator("#exposure-table tbody tr")).to_have_count(61)


async def test_old_numbers_grey_out_and_their_age_counts(desk: Desk, browser: Browser) -> None:
    async with open_page(desk, browser) as page:
        await desk.write(make_view(0))
        await expect(page.locator("body")).to_have_attribute("data-live", "live")
        await expect(page.locator("#banners .banner")).to_contain_text("stopped sending")
        await expect(page.locator("body")).to_have_attribute("data-live", "stale")
        await expect(page.locator("#stale-price")).to_be_visible()
        await expect(page.locator("#session")).to_contain_text("STALE")
        await expect(page.locator("#feeds li[data-state=live]")).to_have_count(0)
        opacity = "getComputedStyle(document.getElementById('body-positions')).opacity"
        assert float(await page.evaluate(opacity)) < 0.6
        shown = await page.locator("#stale-price").text_content()
        await expect(page.locator("#stale-price")).not_to_have_text(shown or "")
        await desk.write(make_view(9))
        await expect(page.locator("body")).to_have_attribute("data-live", "live")
        await expect(page.locator("#banners .banner")).to_have_count(0)


async def test_one_silent_feed_greys_only_its_panel(desk: Desk, browser: Browser) -> None:
    feeds = tuple(
        msgspec.structs.replace(feed, state="stale", age_ms=4_000.0) if feed.name == "SPY depth" else feed
        for feed in FEEDS
    )
    paused = ("SPY depths are silent for 4.0 s of market time",)
    async with open_page(desk, browser) as page:
        await desk.write(make_view(0, feeds=feeds, entries_paused=paused))
        await expect(page.locator("#stale-depth")).to_be_visible()
        await expect(page.locator("#paused-reasons")).to_contain_text("SPY depths are silent")
        await expect(page.locator("#stale-price")).to_be_hidden()


async def test_the_page_says_when_the_dashboard_is_gone_and_when_it_is_logged_out(desk: Desk, browser: Browser) -> None:
    async with open_page(desk, browser) as page:
        await desk.write(make_view(0))
        await expect(page.locator("body")).to_have_attribute("data-live", "live")
        await desk.restart_without_sessions(before_start=told_that_it_is_gone(page))
        await expect(page.locator("#banners .banner")).to_contain_text("You are logged out")
        await expect(page.locator("body")).to_have_attribute("data-live", "stale")


async def told_that_it_is_gone(page: Page) -> None:
    await expect(page.locator("#banners .banner")).to_contain_text("No connection to the dashboard")
    await expect(page.locator("#session")).to_contain_text("STALE")
    await page.keyboard.press("h")
    await expect(page.locator("#command-result")).to_contain_text("HALT NOT CONFIRMED")


async def test_halt_is_one_press_of_the_button_or_the_key(desk: Desk, browser: Browser) -> None:
    async with open_page(desk, browser) as page:
        await desk.write(make_view(0))
        for press in (page.locator("#halt").click, lambda: page.keyboard.press("h")):
            await press()
            await expect(page.locator("#command-result")).to_have_text("HALT done: the trader is HALTED.")
            await page.evaluate("document.getElementById('command-result').textContent = ''")
    assert [request["action"] for request in desk.trader.requests] == ["halt", "halt"]


async def test_halt_works_over_an_open_dialog_and_while_nothing_is_live(desk: Desk, browser: Browser) -> None:
    async with open_page(desk, browser, 390, 844) as page:
        await page.locator("#flatten").click()
        await expect(page.locator("#confirm")).to_be_visible()
        await page.locator("#halt").click()
        await expect(page.locator("#command-result")).to_contain_text("HALTED")
    assert [request["action"] for request in desk.trader.requests] == ["halt"]


async def test_flatten_lists_what_it_does_and_wants_the_typed_word(desk: Desk, browser: Browser) -> None:
    async with open_page(desk, browser) as page:
        await desk.write(make_view(0))
        await expect(page.locator("#positions")).to_contain_text("SPY 0DTE 651C")
        await page.locator("#flatten").click()
        await expect(page.locator("#confirm-body")).to_contain_text("sell 3 × SPY 0DTE 651C")
        await expect(page.locator("#confirm-body")).to_contain_text("At the last marks this books +$12.00.")
        send = page.locator("#confirm-send")
        await expect(send).to_be_disabled()
        await page.locator("#confirm-word").fill("flatten")
        await expect(send).to_be_disabled()
        assert desk.trader.requests == []
        await page.locator("#confirm-word").fill("FLATTEN")
        await send.click()
        await expect(page.locator("#command-result")).to_contain_text("FLATTEN done")
    assert [request["action"] for request in desk.trader.requests] == ["flatten"]


async def test_a_missing_trader_is_said_on_the_page(desk: Desk, browser: Browser) -> None:
    await desk.trader.stop()
    async with open_page(desk, browser) as page:
        await expect(page.locator("#banners .banner")).to_contain_text("The trader is not there")
        await page.keyboard.press("H")
        await expect(page.locator("#command-result")).to_contain_text("HALT NOT DONE: the trader is not there")


async def test_on_a_phone_every_control_stays_in_sight(desk: Desk, browser: Browser) -> None:
    async with open_page(desk, browser, 390, 844) as page:
        await desk.write(make_busy_view(0))
        await expect(page.locator("#positions")).to_contain_text("SPY 0DTE 651C")
        for position in ("0", "document.body.scrollHeight"):
            await page.evaluate(f"scrollTo(0, {position})")
            for name in ("halt", "cancel-entries", "reduce", "resume", "flatten"):
                await expect(page.locator(f"#{name}")).to_be_in_viewport(ratio=1)
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize(("width", "height"), [(320, 640), (390, 844), (900, 800), (1280, 720), (1440, 900)])
async def test_nothing_in_the_bar_lies_on_anything_else(desk: Desk, browser: Browser, width: int, height: int) -> None:
    async with open_page(desk, browser, width, height) as page:
        reason = "flatten by dashboard: a reason of many words (dashboard)"
        await desk.write(make_busy_view(0, trading_state="HALTED", state_reason=reason, unrealised_known=False))
        await expect(page.locator("#pnl-parts")).to_contain_text("not known")
        assert await page.evaluate(OVERLAPS) == []
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")


OVERLAPS = """
(() => {
  const names = "mode market-label clock session state state-reason pnl pnl-parts cancel-entries halt".split(" ");
  const boxes = names.map((name) => [name, document.getElementById(name).getBoundingClientRect()]);
  const beside = (a, b) => a.right <= b.left + 1 || b.right <= a.left + 1;
  const stacked = (a, b) => a.bottom <= b.top + 1 || b.bottom <= a.top + 1;
  const pairs = boxes.flatMap((first, at) => boxes.slice(at + 1).map((second) => [first, second]));
  return pairs.filter(([[, a], [, b]]) => !beside(a, b) && !stacked(a, b)).map(([[a], [b]]) => `${a} on ${b}`);
})()
"""


async def test_new_notices_are_spoken_once_and_equal_ones_do_not_pile_up(desk: Desk, browser: Browser) -> None:
    first = make_view(0)
    fill = msgspec.structs.replace(first.notices[0], text="sold 3 SPY 0DTE 651C at 1.93")
    async with open_page(desk, browser) as page:
        await desk.write(first)
        await expect(page.locator("#events li")).to_have_count(len(first.notices))
        for step in (1, 2, 3):
            await desk.write(make_view(step, notices=(fill, fill, *first.notices)))
            await expect(page.locator("#clock")).to_be_visible()
        await expect(page.locator("#announcer")).to_have_text(f"good: {fill.text}. good: {fill.text}")
        await expect(page.locator("#events li")).to_have_count(len(first.notices) + 2)


async def test_words_from_the_market_never_become_markup(desk: Desk, browser: Browser) -> None:
    evil = "<img src=x onerror=document.title='owned'>"
    async with open_page(desk, browser) as page:
        symbols = (make_symbol(make_view().ts_ns), make_symbol(make_view().ts_ns, name="<b>QQQ</b>"))
        await desk.write(make_view(0, market_label=evil, state_reason=evil, entries_paused=(evil,), symbols=symbols))
        await expect(page.locator("#market-label")).to_have_text(evil)
        await expect(page.locator("#symbols button")).to_have_text(["SPY", "<b>QQQ</b>"])
        assert await page.locator("img").count() == 0
