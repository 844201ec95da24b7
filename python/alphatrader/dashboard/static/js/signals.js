// Signals, newest first; each opens to show its reasons: every input, what it added to the score, and the words for it.

import { byId, h, reconcile, setText } from "./dom.js";
import { arrow, number, signed, timeOfDay } from "./format.js";

export function renderSignals(view) {
  const taken = view.signals.filter((signal) => signal.accepted).length;
  setText(byId("note-signals"), `${taken} taken, ${view.signals.length - taken} refused`);
  const list = byId("signals");
  reconcile(list, view.signals, (signal) => signal.signal_id, create, update);
  if (view.signals.length === 0) list.replaceChildren(h("li", { class: "empty", "data-key": "none" }, "No signal yet."));
}

export const directionMark = (signal) => (signal.direction === "bullish" ? arrow(1) : signal.direction === "bearish" ? arrow(-1) : arrow(0));

function create(signal) {
  const side = signal.direction === "bullish" ? "up" : "down";
  return h("li", { class: "signal" },
    h("details", {},
      h("summary", {},
        h("time", {}, timeOfDay(signal.ts_ns)),
        h("span", { class: `direction ${side}` }, `${directionMark(signal)} ${signal.direction}`),
        h("strong", {}, signal.label),
        h("span", { class: "score" }, number(signal.score, 2)),
        h("span", { class: "chip" }),
        h("span", { class: "verdict" })),
      h("p", { class: "signal-prices" }, `entry ≤ ${number(signal.entry_limit, 2)} · stop ${number(signal.stop_price, 2)} · target ${number(signal.target_price, 2)} · ${signal.signal_id}`),
      reasons(signal)));
}

/** A signal's verdict may come after the signal. */
function update(element, signal) {
  const [chip, verdict] = [element.querySelector(".chip"), element.querySelector(".verdict")];
  setText(chip, signal.accepted ? "✓ taken" : `✕ ${(signal.code || "refused").replaceAll("_", " ")}`);
  chip.className = `chip ${signal.accepted ? "good" : "muted-chip"}`;
  setText(verdict, signal.text);
}

function reasons(signal) {
  const most = Math.max(...signal.reasons.map((reason) => Math.abs(reason[2])), 1e-9);
  const rows = signal.reasons.map(([name, value, contribution, text]) => {
    const bar = h("span", { class: `contribution ${contribution >= 0 ? "up" : "down"}` });
    bar.style.width = `${(48 * Math.abs(contribution)) / most}px`;
    return h("tr", {}, h("th", { scope: "row" }, name.replaceAll("_", " ")), h("td", { class: "num" }, number(value, 3)), h("td", { class: "num" }, signed(contribution, 3)), h("td", {}, bar), h("td", { class: "words" }, text));
  });
  const head = ["input", "value", "adds", "", "why"].map((name) => h("th", { scope: "col" }, name));
  return h("table", { class: "reasons" }, h("thead", {}, h("tr", {}, ...head)), h("tbody", {}, ...rows));
}
