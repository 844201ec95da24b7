// Open positions: live P&L, the stop, and whether the broker has confirmed that it rests there.

import { byId, h, setText } from "./dom.js";
import { age, arrow, duration, MISSING, number, signed, signedDollars, tone } from "./format.js";

const AGED_MARK_MS = 1_500;
const OLD_MARK_MS = 10_000;

export function renderPositions(view, model) {
  setText(byId("note-positions"), `${view.positions.length} open · ${view.open_orders} working orders`);
  if (view.positions.length === 0) {
    byId("positions").replaceChildren(h("p", { class: "empty" }, "No open position."));
    return;
  }
  const head = ["contract", "qty", "average", "mark", "open P&L", "stop", "target", "held"].map((name) => h("th", { scope: "col" }, name));
  const rows = view.positions.map((position) => row(position, view, model));
  byId("positions").replaceChildren(h("table", { class: "positions" }, h("thead", {}, h("tr", {}, ...head)), h("tbody", {}, ...rows)));
}

function row(position, view, model) {
  const markAge = model.contentAgeMs(position.mark_ts_ns);
  const profit = position.unrealised_usd === null ? null : Number(position.unrealised_usd);
  const change = position.mark === null ? null : 100 * (Number(position.mark) / Number(position.average_price) - 1) * Math.sign(position.quantity);
  const cell = (label, attributes, ...children) => h("td", { "data-label": label, ...attributes }, ...children);
  return h("tr", {},
    h("th", { scope: "row" }, position.label),
    cell("qty", {}, signed(position.quantity)),
    cell("average", {}, number(position.average_price, 2)),
    cell("mark", { class: markAge > OLD_MARK_MS ? "mark old" : "mark" }, number(position.mark, 2), h("small", {}, markAge > OLD_MARK_MS ? `STALE ${age(markAge)}` : markAge > AGED_MARK_MS ? age(markAge) : "")),
    cell("open P&L", { class: `money ${tone(profit)}` }, profit === null ? MISSING : `${arrow(profit)} ${signedDollars(profit)} `, h("small", {}, change === null ? "" : `${signed(change, 1)}%`)),
    cell("stop", {}, `${number(position.stop_price, 2)} `, stop(position)),
    cell("target", {}, number(position.target_price, 2)),
    cell("held", {}, position.opened_ns ? duration((view.ts_ns - position.opened_ns) / 1e6) : MISSING),
  );
}

function stop(position) {
  return position.stop_resting
    ? h("small", { class: "chip good" }, "✓ at broker")
    : h("small", { class: "chip bad" }, "✕ NOT at broker");
}
