// The bar: mode, market clock, state, P&L; the feeds and the reasons why no entry is possible.

import { byId, h, reconcile, setClass, setHidden, setText } from "./dom.js";
import { age, arrow, duration, signedDollars, timeOfDay, tone } from "./format.js";
import { openWords } from "./positions.js";

const STATE_MARKS = { ACTIVE: "▶", REDUCING: "◐", HALTED: "■" };

export function renderHeader(view) {
  setText(byId("mode"), view.mode.toUpperCase());
  byId("mode").dataset.mode = view.mode;
  setText(byId("market-label"), view.market_label || (view.simulated ? "SIMULATED MARKET" : ""));
  setText(byId("clock"), timeOfDay(view.ts_ns));
  renderState(view);
  renderProfit(view);
  renderPaused(view);
  const build = `run ${view.run_id} · build ${view.build}${view.time_scale === 1 ? "" : ` · ${view.time_scale}× speed`}`;
  setText(byId("build"), build);
}

/** Under the clock: the session, or for how long the clock has not been live. */
export function renderSession(model) {
  setText(byId("session"), model.isLive() ? sessionText(model.view) : `STALE ${age(model.viewAgeMs())}`);
}

function sessionText(view) {
  if (view.warming_up) return "warming up";
  if (view.ts_ns < view.session_open_ns) return `opens in ${duration((view.session_open_ns - view.ts_ns) / 1e6)}`;
  if (view.ts_ns >= view.session_close_ns) return "market closed";
  return `market open ${duration((view.session_close_ns - view.ts_ns) / 1e6)}`;
}

function renderState(view) {
  const state = byId("state");
  setText(state, `${STATE_MARKS[view.trading_state] ?? "?"} ${view.trading_state}`);
  state.dataset.state = view.trading_state;
  setText(byId("state-reason"), view.state_reason);
  byId("state-reason").title = view.state_reason;
}

/** The total is the only sum that this page makes; its parts are the view's own. */
function renderProfit(view) {
  const known = view.unrealised_known;
  const total = Number(view.realised_usd) + Number(view.unrealised_usd) - Number(view.fees_usd);
  const element = byId("pnl");
  setText(element, `P&L ${known ? arrow(total) : "?"} ${signedDollars(total)}`);
  element.className = `pnl ${known ? tone(total) : "flat"}`;
  const parts = [["booked", `booked ${signedDollars(view.realised_usd)}`], ["open", openWords(view)], ["fees", `fees ${signedDollars(-view.fees_usd)}`]];
  reconcile(byId("pnl-parts"), parts, ([name]) => name, () => h("span"), (span, [name, words]) => {
    setText(span, words);
    setClass(span, "unknown", name === "open" && !known);
  });
  const waiting = view.proposals.length ? `${view.proposals.length} WAITING · ` : "";
  document.title = `${waiting}${view.trading_state} ${signedDollars(total, 0)}${known ? "" : "?"} · ${view.mode} · AlphaTrader`;
}

function renderPaused(view) {
  setHidden(byId("paused"), view.entries_paused.length === 0);
  reconcile(byId("paused-reasons"), view.entries_paused, (reason) => reason, () => h("li"), setText);
}

const FEED_MARKS = { live: "●", stale: "STALE", off: "off", waiting: "waiting" };

/** The strip of feeds; called several times a second, since ages count on their own. */
export function renderFeeds(model) {
  reconcile(
    byId("feeds"),
    model.view.feeds,
    (feed) => feed.name,
    (feed) => h("li", { class: "feed" }, h("span", { class: "feed-mark" }), h("span", { class: "feed-name" }, feed.name), h("span", { class: "feed-age" })),
    (element, feed) => {
      const [mark, , content] = element.children;
      const state = model.feedState(feed);
      element.dataset.state = state;
      element.title = feed.detail;
      setText(mark, FEED_MARKS[state]);
      setText(content, feed.age_ms !== null && (state === "live" || state === "stale") ? age(model.feedAgeMs(feed)) : "");
    },
  );
}
