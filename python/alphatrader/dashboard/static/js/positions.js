// Open positions: live P&L, the stop, and whether the broker has confirmed that it rests there. Apart from them, what of
// the account is not ours. Sums are the view's own: the page adds nothing up.

import { byId, h, reconcile, setHidden, setText } from "./dom.js";
import { age, arrow, dollars, duration, MISSING, number, signed, signedDollars, tone } from "./format.js";

const AGED_MARK_MS = 1_500;
const OLD_MARK_MS = 10_000;
const COLUMNS = ["contract", "qty", "average", "mark", "open P&L", "stop", "target", "held"];

/** The view's open P&L in words. While a position has no quote its premium counts as lost, which is no P&L. */
export function openWords(view) {
  const open = signedDollars(view.unrealised_usd);
  return view.unrealised_known ? `open ${open}` : `open P&L not known (${open})`;
}

export function renderPositions(view, model) {
  const count = view.positions.length;
  setText(byId("note-positions"), [`${count} held`, ...(count ? [openWords(view)] : []), `${view.open_orders} working orders`].join(" · "));
  setHidden(byId("positions-unknown"), view.unrealised_known);
  renderForeign(view.foreign);
  if (count === 0) {
    byId("positions").replaceChildren(h("p", { class: "empty" }, "No open position."));
    return;
  }
  const rows = view.positions.map((position) => row(position, view, model));
  byId("positions").replaceChildren(h("table", { class: "positions" }, heads(COLUMNS), h("tbody", {}, ...rows)));
}

const heads = (names) => h("thead", {}, h("tr", {}, ...names.map((name) => h("th", { scope: "col" }, name))));
const cell = (label, attributes, ...children) => h("td", { "data-label": label, ...attributes }, ...children);

function row(position, view, model) {
  const markAge = model.contentAgeMs(position.mark_ts_ns);
  const old = markAge > OLD_MARK_MS;
  return h("tr", {},
    h("th", { scope: "row" }, position.label, " ", h("small", {}, position.strategy || "no open trade")),
    cell("qty", {}, signed(position.quantity)),
    cell("average", {}, number(position.average_price, 2)),
    cell("mark", { class: old ? "mark old" : "mark" }, number(position.mark, 2), " ", h("small", {}, old ? `STALE ${age(markAge)}` : markAge > AGED_MARK_MS ? age(markAge) : "")),
    profit(position),
    stop(position),
    cell("target", {}, number(position.target_price, 2)),
    cell("held", {}, position.opened_ns ? duration((view.ts_ns - position.opened_ns) / 1e6) : MISSING),
  );
}

/** A position without a usable quote has no P&L, only a figure that it counts as. */
function profit(position) {
  const value = position.unrealised_usd === null ? null : Number(position.unrealised_usd);
  if (position.mark === null || value === null) {
    return cell("open P&L", { class: "money" }, "not known ", h("small", {}, value === null ? "" : `(${signedDollars(value)})`));
  }
  const paid = Number(position.average_price);
  const change = paid > 0 ? `${signed(100 * (Number(position.mark) / paid - 1) * Math.sign(position.quantity), 1)}%` : "";
  return cell("open P&L", { class: `money ${tone(value)}` }, `${arrow(value)} ${signedDollars(value)} `, h("small", {}, change));
}

/** A stop that rests and has no price of the option waits for one of the underlying. */
function stop(position) {
  const price = position.stop_price === null && position.stop_resting ? "on underlying" : number(position.stop_price, 2);
  const chip = position.stop_resting ? h("small", { class: "chip good" }, "✓ at broker") : h("small", { class: "chip bad" }, "✕ NOT at broker");
  return cell("stop", { class: "stop" }, `${price} `, chip);
}

const FOREIGN_COLUMNS = ["contract", "qty", "average"];

function renderForeign(foreign) {
  const booked = Number(foreign.realised_usd);
  const fees = Number(foreign.fees_usd);
  setHidden(byId("foreign"), foreign.positions.length === 0 && booked === 0 && fees === 0);
  setText(byId("foreign-sums"), booked || fees ? `Booked by others ${signedDollars(booked)}, fees ${dollars(fees)}.` : "");
  reconcile(byId("foreign-rows"), foreign.positions, (position) => position.con_id, () => h("tr", {}, h("th", { scope: "row" }), ...FOREIGN_COLUMNS.slice(1).map((name) => h("td", { "data-label": name }))), (element, position) => {
    const [label, quantity, average] = element.children;
    setText(label, position.label);
    setText(quantity, signed(position.quantity));
    setText(average, number(position.average_price, 2));
  });
  setHidden(byId("foreign-table"), foreign.positions.length === 0);
}
