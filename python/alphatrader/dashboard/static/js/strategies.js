// The strategies' blocks: how each may act, what it thinks of each underlying now, and why no trade came of it.

import { byId, h, reconcile, setClass, setText } from "./dom.js";
import { arrow, MISSING, number, signed, tone } from "./format.js";
import { MODE_NAMES, modeChip, modeSentence } from "./modes.js";

const NOW = { "": "not judged yet", ok: "has an idea" };
/** With these a score of 0 is no opinion. */
const NO_OPINION = new Set(["", "no_data", "outside_hours"]);
const COLUMNS = ["underlying", "score", "now", "last refusal", "signals", "taken", "open"];

export function renderStrategies(view) {
  const counts = MODE_NAMES.map((mode) => [mode, view.strategies.filter((strategy) => strategy.mode === mode).length]);
  setText(byId("note-strategies"), counts.filter(([, count]) => count).map(([mode, count]) => `${count} ${mode}`).join(" · "));
  const box = byId("strategies");
  if (view.strategies.length === 0) return box.replaceChildren(h("p", { class: "empty" }, "No strategy is configured: nothing will be traded."));
  let table = box.querySelector("table");
  if (!table) {
    const head = COLUMNS.map((name) => h("th", { scope: "col" }, name));
    box.replaceChildren((table = h("table", { class: "strategies" }, h("thead", { "data-key": "head" }, h("tr", {}, ...head)))));
  }
  reconcile(table, [null, ...view.strategies], (strategy) => (strategy ? `strategy ${strategy.name}` : "head"), () => h("tbody"), (body, strategy) => strategy && renderBlock(body, strategy));
}

/** A block: its line, then a row an underlying. One that is off has no opinion to show. */
function renderBlock(body, strategy) {
  const rows = strategy.mode === "off" ? [] : strategy.symbols;
  reconcile(body, [null, ...rows], (row) => row?.symbol ?? "", (row) => (row ? createRow() : createLine()), (element, row) => (row ? updateRow(element, row) : updateLine(element, strategy)));
}

const createLine = () => h("tr", { class: "strategy-line" }, h("th", { scope: "rowgroup", colspan: COLUMNS.length }, h("strong"), " ", h("span", { class: "chip" }), " ", h("small")));

function updateLine(element, strategy) {
  const [name, chip, words] = element.firstElementChild.children;
  setText(name, strategy.name);
  if (chip.dataset.mode !== strategy.mode) chip.replaceWith(modeChip(strategy.mode));
  const symbols = strategy.mode === "off" ? strategy.symbols.map((row) => row.symbol).join(", ") : "";
  setText(words, [modeSentence(strategy.mode), `budget ${number(strategy.budget_share * 100)}%`, symbols].filter(Boolean).join(" · "));
}

function createRow() {
  const cells = COLUMNS.slice(1).map((label) => h("td", { "data-label": label, class: label.replace(" ", "-") }));
  cells[0].append(h("span"), h("span", { class: "balance", "aria-hidden": "true" }, h("span")));
  return h("tr", {}, h("th", { scope: "row" }), ...cells);
}

function updateRow(element, row) {
  const [symbol, score, now, refusal, ...counts] = element.children;
  setText(symbol, row.symbol);
  updateScore(score, NO_OPINION.has(row.code) ? null : row.score);
  setText(now, NOW[row.code] ?? row.code.replaceAll("_", " "));
  setClass(now, "has-idea", row.code === "ok");
  setText(refusal, row.blocked_text || row.blocked.replaceAll("_", " ") || "none yet");
  [row.signals, row.signals_accepted, row.open_trades].forEach((count, index) => setText(counts[index], number(count)));
}

function updateScore(cell, score) {
  const [text, meter] = cell.children;
  setText(text, score === null ? MISSING : `${arrow(score)} ${signed(score, 2)}`);
  text.className = tone(score);
  const share = Math.max(-1, Math.min(1, score ?? 0));
  const bar = meter.firstElementChild;
  bar.className = `balance-bar ${tone(share)}`;
  bar.style.left = `${share >= 0 ? 50 : 50 + share * 50}%`;
  bar.style.width = `${Math.abs(share) * 50}%`;
}
