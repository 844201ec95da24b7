// Gamma exposure by strike: calls to the right, puts to the left, the net as a tick; strikes ascend like prices.

import { byId, draw, h, reconcile, s, setText } from "./dom.js";
import { age, MISSING, number, shortDollars } from "./format.js";
import { crisp, linear } from "./scale.js";

const ROW = 13;
const LABEL = 46;
const EDGE = 8;

/** The strikes nearest to spot that fit, ascending. */
function window(exposure, count) {
  const strikes = exposure.by_strike;
  if (strikes.length <= count) return strikes;
  let nearest = 0;
  strikes.forEach((row, index) => {
    if (Math.abs(row.strike - exposure.spot) < Math.abs(strikes[nearest].strike - exposure.spot)) nearest = index;
  });
  const start = Math.min(Math.max(0, nearest - Math.floor(count / 2)), strikes.length - count);
  return strikes.slice(start, start + count);
}

export function renderExposure(symbol, ageMs) {
  const exposure = symbol.exposure;
  setText(byId("note-exposure"), exposure ? `chain ${age(ageMs)} old` : "");
  if (!exposure) {
    byId("exposure-levels").replaceChildren();
    byId("exposure-chart").replaceChildren(h("p", { class: "empty" }, "No option chain yet."));
    setText(byId("exposure-method-short"), "");
    setText(byId("exposure-method-long"), "");
    return;
  }
  renderLevels(exposure);
  renderMethod(exposure);
  draw(byId("exposure-chart"), (picture, width, height) => drawStrikes(picture, symbol, exposure, width, height));
}

function renderLevels(exposure) {
  const items = [
    ["net GEX/1%", shortDollars(exposure.gex_usd_per_pct)],
    ["call wall", number(exposure.call_wall, 0)],
    ["put wall", number(exposure.put_wall, 0)],
    ["γ flip", exposure.zero_gamma_flip === null ? "none" : number(exposure.zero_gamma_flip, 2)],
    ["γ interp.", exposure.zero_gamma_interpolated === null ? "none" : number(exposure.zero_gamma_interpolated, 2)],
    ["DEX", shortDollars(exposure.dex_usd)],
    ["max pain", number(exposure.max_pain, 0)],
  ];
  reconcile(
    byId("exposure-levels"), items, ([name]) => name,
    ([name]) => h("div", {}, h("dt", {}, name), h("dd")),
    (element, [, value]) => setText(element.lastElementChild, value),
  );
}

/** What the numbers are: formula, sign convention, method, source, date, and what was left out. */
function renderMethod(exposure) {
  const dropped = Object.entries(exposure.rows_dropped).filter(([, count]) => count > 0);
  const total = dropped.reduce((sum, [, count]) => sum + count, 0);
  const reasons = dropped.map(([reason, count]) => `${reason.replaceAll("_", " ")} ${number(count)}`).join(", ");
  const flips = exposure.zero_gamma_flips.map((flip) => number(flip, 2)).join(", ") || "none";
  setText(byId("exposure-method-short"), [
    "GEX = ±γ × OI × 100 × S² × 1% ($ per 1% move); + calls, − puts: assumes dealers long calls, short puts",
    `OI of ${exposure.open_interest_date || MISSING}, ${exposure.source}`,
    `${number(exposure.rows_used)} rows used, ${number(total)} dropped`,
  ].join(" · "));
  setText(byId("exposure-method-long"), [
    `Dropped rows: ${reasons || "none"}. Open interest changes overnight only: today's flow is not in it.`,
    "Zero gamma, two methods. Interpolated: the zero of the cumulative sum by strike; none where it never crosses.",
    `Flip: total gamma re-priced from each row's IV at 0.8–1.2 × spot; the flip nearest to spot is drawn; all flips: ${flips}.`,
    `Dealer DEX (calls minus puts) ${shortDollars(exposure.dex_dealer_usd)}; vanna ${shortDollars(exposure.vex_usd_per_vol_point)} per vol point; charm ${shortDollars(exposure.chex_usd_per_day)} per day.`,
  ].join(" "));
}

function drawStrikes(picture, symbol, exposure, width, height) {
  const rows = window(exposure, Math.max(5, Math.floor((height - EDGE * 2 - 12) / ROW)));
  picture.setAttribute("aria-label", `Gamma exposure of ${symbol.symbol} by strike; the table holds the numbers`);
  if (rows.length === 0) return;
  const most = Math.max(...rows.map((row) => Math.max(Math.abs(row.call_gex), Math.abs(row.put_gex))), 1);
  const left = LABEL;
  const x = linear(-most, most, left, width - EDGE);
  const rowHeight = Math.min(22, (height - EDGE * 2 - 12) / rows.length);
  const y = (index) => EDGE + (rows.length - 1 - index) * rowHeight;
  const bar = Math.max(3, rowHeight * 0.62);
  const paths = { call: "", put: "", net: "" };
  rows.forEach((row, index) => {
    const top = y(index) + (rowHeight - bar) / 2;
    paths.call += `M${x(0)},${top}H${x(Math.abs(row.call_gex))}v${bar}H${x(0)}z`;
    paths.put += `M${x(0)},${top}H${x(-Math.abs(row.put_gex))}v${bar}H${x(0)}z`;
    paths.net += `M${x(row.net_gex)},${top - 1}v${bar + 2}`;
    const wall = row.strike === exposure.call_wall ? "call" : row.strike === exposure.put_wall ? "put" : "";
    picture.append(s("text", { class: `axis strike ${wall}`, x: left - 6, y: top + bar / 2 + 4, "text-anchor": "end" }, number(row.strike, row.strike % 1 ? 1 : 0)));
  });
  picture.append(
    s("line", { class: "grid-line", x1: crisp(x(0)), x2: crisp(x(0)), y1: 0, y2: height - 14 }),
    s("path", { class: "gex-call", d: paths.call }),
    s("path", { class: "gex-put", d: paths.put }),
    s("path", { class: "gex-net", d: paths.net }),
  );
  const at = (price) => {
    const index = rows.findIndex((row) => row.strike >= price);
    if (index <= 0) return null;
    const between = (price - rows[index - 1].strike) / (rows[index].strike - rows[index - 1].strike);
    return y(index - 1) + rowHeight / 2 - between * rowHeight;
  };
  line(picture, at(exposure.spot), `spot ${number(exposure.spot, 2)}`, "spot", width);
  if (exposure.zero_gamma_flip !== null) line(picture, at(exposure.zero_gamma_flip), `zero γ ${number(exposure.zero_gamma_flip, 2)}`, "zero", width);
  picture.append(
    s("text", { class: "axis put", x: left + 2, y: height - 3 }, `◀ puts ${shortDollars(-most)}`),
    s("text", { class: "axis", x: x(0), y: height - 3, "text-anchor": "middle" }, "| net"),
    s("text", { class: "axis call", x: width - EDGE, y: height - 3, "text-anchor": "end" }, `calls ${shortDollars(most)} ▶`),
  );
}

function line(picture, at, text, kind, width) {
  if (at === null) return;
  picture.append(
    s("line", { class: `level ${kind}`, x1: LABEL, x2: width - EDGE, y1: crisp(at), y2: crisp(at) }),
    s("text", { class: `level-label ${kind}`, x: width - EDGE, y: at - 4, "text-anchor": "end" }, text),
  );
}

export function renderExposureTable(symbol) {
  const exposure = symbol.exposure;
  const names = ["strike", "call GEX", "put GEX", "net GEX", "call OI", "put OI", "call vol.", "put vol.", "call IV", "put IV"];
  const percent = (value) => (value === null ? MISSING : `${number(value * 100, 1)}%`);
  const rows = [...(exposure?.by_strike ?? [])].reverse().map((row) => h("tr", {},
    h("th", { scope: "row" }, number(row.strike, row.strike % 1 ? 1 : 0)),
    ...[row.call_gex, row.put_gex, row.net_gex].map((value) => h("td", {}, shortDollars(value))),
    ...[row.call_oi, row.put_oi, row.call_volume, row.put_volume].map((value) => h("td", {}, number(value))),
    ...[row.call_iv, row.put_iv].map((value) => h("td", {}, percent(value)))));
  const head = names.map((name) => h("th", { scope: "col" }, name));
  byId("exposure-table").replaceChildren(h("table", {}, h("thead", {}, h("tr", {}, ...head)), h("tbody", {}, ...rows)));
}
