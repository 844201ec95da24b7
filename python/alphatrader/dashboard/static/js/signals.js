// Signals, newest first; each opens to show its reasons: every input, what it added to the score, and the words for it.

import { byId, h, reconcile, setHidden, setText } from "./dom.js";
import { arrow, number, signed, timeOfDay } from "./format.js";
import { modeChip } from "./modes.js";

const WAITS = "awaiting_approval";
const CHIPS = { taken: "good", waiting: "warn", shadow: "muted-chip", refused: "muted-chip" };

/** The last word on each signal, newest signal first: the view holds two of one that waited and was then decided. */
function lastWords(signals) {
  const seen = new Set();
  return signals.filter(({ signal_id: id }) => !seen.has(id) && seen.add(id)).sort((a, b) => b.ts_ns - a.ts_ns);
}

/** What became of a signal: [kind, words]. */
export function verdictOf(signal, view) {
  if (signal.accepted) return ["taken", "✓ taken"];
  if (signal.code === "shadow") return ["shadow", "no order"];
  if (signal.code !== WAITS) return ["refused", `✕ ${(signal.code || "refused").replaceAll("_", " ")}`];
  const waits = view.proposals.some((proposal) => proposal.signal_id === signal.signal_id);
  return waits ? ["waiting", "waits for you"] : ["refused", "waits no more"];
}

export function renderSignals(view) {
  const signals = lastWords(view.signals);
  renderCounts(signals.map((signal) => verdictOf(signal, view)[0]));
  const list = byId("signals");
  reconcile(list, signals, (signal) => signal.signal_id, create, (element, signal) => update(element, signal, view));
  if (signals.length === 0) list.replaceChildren(h("li", { class: "empty", "data-key": "none" }, "No signal yet."));
}

function renderCounts(kinds) {
  const counts = Object.keys(CHIPS).map((kind) => [kind, kinds.filter((other) => other === kind).length]);
  const told = counts.filter(([kind, count]) => count || kind === "taken" || kind === "refused");
  setText(byId("note-signals"), told.map(([kind, count]) => `${count} ${kind}`).join(", "));
}

/** Open a signal's reasons and bring them into sight. */
export function showSignal(signalId) {
  const element = [...byId("signals").children].find((child) => child.dataset.key === signalId);
  if (!element) return;
  element.querySelector("details").open = true;
  element.scrollIntoView({ block: "center" });
  element.querySelector("summary").focus();
}

export const directionMark = (signal) => (signal.direction === "bullish" ? arrow(1) : signal.direction === "bearish" ? arrow(-1) : arrow(0));

function create(signal) {
  const side = signal.direction === "bullish" ? "up" : "down";
  return h("li", { class: "signal", "data-mode": signal.mode },
    h("details", {},
      h("summary", {},
        h("time", {}, timeOfDay(signal.ts_ns)),
        h("span", { class: `direction ${side}` }, `${directionMark(signal)} ${signal.direction}`),
        h("strong", {}, signal.label),
        h("span", { class: "score" }, number(signal.score, 2)),
        h("span", { class: "chip" }),
        h("span", { class: "verdict" }, signal.mode === "on" ? null : modeChip(signal.mode), signal.mode === "on" ? null : " ", h("span"))),
      h("p", { class: "signal-prices" }),
      reasons(signal)));
}

/** A signal's verdict may come after the signal, and an approved one is priced anew. */
function update(element, signal, view) {
  const [kind, words] = verdictOf(signal, view);
  const [chip, verdict] = [element.querySelector("summary > .chip"), element.querySelector(".verdict")];
  setText(chip, words);
  chip.className = `chip ${CHIPS[kind]}`;
  setText(verdict.lastElementChild, [signal.strategy, signal.text].filter(Boolean).join(": "));
  setHidden(verdict, verdict.textContent === "");
  setText(element.querySelector(".signal-prices"), pricesOf(signal));
}

/** Not every plan has a price for both: a stop may rest on the underlying, and there may be no target. */
function pricesOf(signal) {
  const stop = signal.stop_price === null ? "stop on the underlying" : `stop ${number(signal.stop_price, 2)}`;
  const target = signal.target_price === null ? "no target" : `target ${number(signal.target_price, 2)}`;
  return [`entry ≤ ${number(signal.entry_limit, 2)}`, stop, target, signal.signal_id].join(" · ");
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
