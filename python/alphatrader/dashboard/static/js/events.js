// The event feed, the account, and the words for screen readers.

import { byId, h, reconcile, setText } from "./dom.js";
import { dollars, number, signedDollars, timeOfDay } from "./format.js";
import { directionMark, verdictOf } from "./signals.js";

const MARKS = { info: "·", good: "✓", warning: "!", error: "✕" };
const FIRST_ACCOUNT_KEYS = ["NetLiquidation", "AvailableFunds", "BuyingPower", "TotalCashValue", "ExcessLiquidity"];
const MONEY_KEY = /value|funds|power|liquid|cash|margin|pnl/i;
const SPOKEN_MAX = 3;
const ANNOUNCE_EVERY_MS = 2_000;

const noticeKey = (notice) => `${notice.ts_ns}|${notice.topic}|${notice.text}`;

export function renderEvents(view) {
  const list = byId("events");
  reconcile(list, view.notices, noticeKey,
    (notice) => h("li", { class: `event ${notice.level}`, "data-code": notice.code || null }, h("time", {}, timeOfDay(notice.ts_ns)), h("span", { class: "event-mark", "aria-label": notice.level }, MARKS[notice.level]), h("span", { class: "topic" }, notice.topic), h("span", { class: "words" }, notice.text)),
    () => {});
  if (view.notices.length === 0) list.replaceChildren(h("li", { class: "empty", "data-key": "none" }, "Nothing happened yet."));
}

export function renderAccount(view) {
  const keys = Object.keys(view.account);
  const ordered = [...FIRST_ACCOUNT_KEYS.filter((key) => keys.includes(key)), ...keys.filter((key) => !FIRST_ACCOUNT_KEYS.includes(key))];
  const words = (name) => name.replace(/([a-z])([A-Z])/g, "$1 $2").replaceAll("_", " ").replace(".", ": ").toLowerCase();
  const items = [
    ...ordered.slice(0, 6).map((key) => [words(key), MONEY_KEY.test(key) ? dollars(view.account[key], 0) : number(view.account[key])]),
    ["booked P&L", signedDollars(view.realised_usd)],
    ["open P&L", view.unrealised_known ? signedDollars(view.unrealised_usd) : "not known"],
    ["fees", dollars(view.fees_usd)],
    ["working orders", number(view.open_orders)],
    ...Object.entries(view.counters).slice(0, 16).map(([key, count]) => [words(key), number(count)]),
  ];
  let list = byId("account").firstElementChild;
  if (!list) byId("account").append((list = h("dl", { class: "figures" })));
  reconcile(list, items, ([name]) => name, ([name]) => h("div", {}, h("dt", {}, name), h("dd")), (element, [, value]) => setText(element.lastElementChild, value));
}

/** Speaks of new signals and of notices that matter; what was there when the page opened is not news. */
export class Announcer {
  constructor() {
    this.seen = null;
    this.pending = [];
    setInterval(() => this.speak(), ANNOUNCE_EVERY_MS);
  }

  take(view) {
    const before = this.seen;
    this.seen = new Set([...view.signals.map((signal) => signal.signal_id), ...view.notices.map(noticeKey)]);
    if (before === null) return;
    for (const notice of view.notices) if (!before.has(noticeKey(notice)) && notice.level !== "info") this.pending.push(`${notice.level}: ${notice.text}`);
    for (const signal of view.signals) {
      const [kind] = verdictOf(signal, view);
      // What waits is spoken of by the engine's own notice, with the command.
      if (!before.has(signal.signal_id) && kind !== "waiting") this.pending.push(`signal ${directionMark(signal)} ${signal.direction} ${signal.label}, ${kind}: ${signal.text}`);
    }
  }

  speak() {
    if (this.pending.length === 0) return;
    setText(byId("announcer"), this.pending.slice(0, SPOKEN_MAX).join(". "));
    this.pending = [];
  }
}
