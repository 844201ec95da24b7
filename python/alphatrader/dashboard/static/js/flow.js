// VPIN, order flow and book imbalance with bands; the plain figures below. A missing value is a dash, never 0.

import { byId, h, setText } from "./dom.js";
import { age, arrow, MISSING, number, signed } from "./format.js";

const known = (value) => value !== null && value !== undefined;

export function renderFlow(symbol, model) {
  const metrics = symbol.metrics;
  byId("flow").replaceChildren(
    vpin(metrics),
    balance("Order flow, 60 s", metrics.ofi_60s_normalised, `${signed(metrics.ofi_60s)} shares`),
    balance("Signed volume, 60 s", ratio(metrics.signed_volume_60s, metrics.volume_60s), `${signed(metrics.signed_volume_60s)} of ${number(metrics.volume_60s)}`),
    balance("Book imbalance, top", metrics.obi_top, ""),
    balance("Book imbalance, 5 levels", metrics.obi_weighted, ""),
    figures(metrics),
    context(symbol, model),
  );
  setText(byId("note-flow"), metrics.crossed ? "book crossed" : metrics.locked ? "book locked" : "");
}

const ratio = (part, whole) => (known(part) && whole > 0 ? part / whole : null);

/** The level alone says little: its rank among the day's levels carries the warning. */
function vpin(metrics) {
  const rank = metrics.vpin_cdf;
  const word = !known(rank) ? "filling" : rank >= 0.95 ? "toxic" : rank >= 0.8 ? "elevated" : rank >= 0.5 ? "normal" : "calm";
  const meter = h("div", { class: "bands", role: "img", "aria-label": known(rank) ? `VPIN stands at quantile ${number(rank, 2)} of the day` : "no VPIN yet" });
  for (const band of ["calm", "normal", "elevated", "toxic"]) meter.append(h("span", { class: `band ${band}` }));
  if (known(rank)) {
    const needle = h("span", { class: "needle" });
    needle.style.left = `${Math.min(100, Math.max(0, rank * 100))}%`;
    meter.append(needle);
  }
  const value = known(metrics.vpin) ? `${number(metrics.vpin, 3)} · quantile ${number(rank, 2)} · ${word}` : `${number(metrics.vpin_buckets)} buckets filled`;
  return h("div", { class: "gauge" }, h("span", { class: "gauge-name" }, "VPIN"), h("span", { class: "gauge-value" }, value), meter);
}

function balance(name, share, words) {
  const meter = h("div", { class: "balance", role: "img", "aria-label": `${name} ${signed(share, 2)}` });
  if (known(share)) {
    const bounded = Math.max(-1, Math.min(1, share));
    const bar = h("span", { class: `balance-bar ${bounded >= 0 ? "up" : "down"}` });
    bar.style.left = `${bounded >= 0 ? 50 : 50 + bounded * 50}%`;
    bar.style.width = `${Math.abs(bounded) * 50}%`;
    meter.append(bar);
  }
  const value = known(share) ? `${arrow(share)} ${signed(share, 2)}${words ? ` · ${words}` : ""}` : MISSING;
  return h("div", { class: "gauge" }, h("span", { class: "gauge-name" }, name), h("span", { class: "gauge-value" }, value), meter);
}

function figures(metrics) {
  const percent = (value, decimals) => (known(value) ? `${signed(value * 100, decimals)}%` : MISSING);
  const share = (value) => (known(value) ? `${number(value * 100, 0)}%` : MISSING);
  const items = [
    ["return 60 s", percent(metrics.return_60s, 3)],
    ["return 5 min", percent(metrics.return_300s, 3)],
    ["volatility (1 y)", known(metrics.volatility_300s) ? `${number(metrics.volatility_300s * 100, 1)}%` : MISSING],
    ["VWAP", number(metrics.vwap, 2)],
    ["range", `${number(metrics.session_low, 2)} – ${number(metrics.session_high, 2)}`],
    ["volume", number(metrics.session_volume)],
    ["odd lots", share(metrics.odd_lot_share)],
    ["no aggressor", share(metrics.unclassified_share)],
    ["sweeps, 60 s", number(metrics.sweep_count_60s)],
    ["blocks, 60 s", number(metrics.block_count_60s)],
  ];
  if (known(metrics.toxicity)) items.unshift(["toxicity", number(metrics.toxicity, 3)]);
  return h("dl", { class: "figures" }, ...items.map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value))));
}

function context(symbol, model) {
  const parts = [];
  if (symbol.sentiment) {
    const [ts, score, articles] = symbol.sentiment;
    parts.push(`news ${arrow(score)} ${signed(score, 2)} over ${number(articles)} articles, ${age(model.contentAgeMs(ts))} old`);
  }
  for (const [name, [ts, values]] of Object.entries(symbol.technicals)) {
    const figures_ = Object.entries(values).map(([key, value]) => (Object.keys(values).length > 1 ? `${key} ${number(value, 2)}` : number(value, 2)));
    parts.push(`${name} ${figures_.join(", ")} (${age(model.contentAgeMs(ts))} old)`);
  }
  return h("p", { class: "method" }, parts.join(" · "));
}
