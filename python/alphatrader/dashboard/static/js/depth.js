// The ladder: asks above, bids below, the size of each level as a bar, the running total beside it.

import { byId, h, setText } from "./dom.js";
import { MISSING, number } from "./format.js";

const MOST_LEVELS = 10;
const ROW_PX = 17;
const HEAD_PX = 48;

export function renderDepth(symbol) {
  // Both sides alike, as many levels as fit: the best prices must not scroll out of sight.
  const fitting = Math.floor((byId("depth-ladder").clientHeight - HEAD_PX) / ROW_PX / 2);
  const levels = Math.min(MOST_LEVELS, Math.max(3, fitting));
  const asks = running(symbol.asks.slice(0, levels));
  const bids = running(symbol.bids.slice(0, levels));
  const most = Math.max(1, ...asks.map((level) => level.size), ...bids.map((level) => level.size));
  const body = h("tbody", {},
    ...asks.reverse().map((level) => row(level, "ask", most)),
    spreadRow(symbol),
    ...bids.map((level) => row(level, "bid", most)));
  const head = h("tr", {}, ...["", "price", "size", "total"].map((name) => h("th", { scope: "col" }, name)));
  byId("depth-ladder").replaceChildren(asks.length + bids.length === 0
    ? h("p", { class: "empty" }, "No depth yet.")
    : h("table", { class: "ladder" }, h("thead", {}, head), body));
  setText(byId("note-depth"), symbol.metrics.depth_anomalies ? `${number(symbol.metrics.depth_anomalies)} odd rows` : "");
}

function running(levels) {
  let total = 0;
  return levels.map(([price, size]) => ({ price, size, total: (total += size) }));
}

function row(level, side, most) {
  const bar = h("span", { class: "ladder-bar" });
  bar.style.width = `${(100 * level.size) / most}%`;
  return h("tr", { class: side }, h("th", { scope: "row" }, side), h("td", { class: "price" }, number(level.price, 2)), h("td", { class: "size" }, bar, h("span", {}, number(level.size))), h("td", { class: "total" }, number(level.total)));
}

function spreadRow(symbol) {
  const bid = symbol.bids[0]?.[0] ?? null;
  const ask = symbol.asks[0]?.[0] ?? null;
  const spread = bid === null || ask === null ? null : ask - bid;
  const word = spread === null ? "one side is empty" : spread < 0 ? "crossed" : spread === 0 ? "locked" : `spread ${number(spread, 2)}`;
  const mid = spread === null ? MISSING : number((bid + ask) / 2, 3);
  return h("tr", { class: "spread" }, h("td", { colspan: 4 }, `${word} · mid ${mid}`));
}
