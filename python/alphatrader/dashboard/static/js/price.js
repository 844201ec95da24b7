// One-minute bars with volume, walls, zero gamma and VWAP. Rising bars are hollow, falling ones filled, so that the
// direction can be read without colour.

import { byId, draw, h, s, setText } from "./dom.js";
import { minuteOfDay, number } from "./format.js";
import { crisp, linear, ticks } from "./scale.js";

const AXIS = 56;
const FOOT = 18;
const VOLUME_SHARE = 0.16;
const BAR_WIDTH = 6;

let pointerX = null;

export function watchPointer(redraw) {
  const box = byId("price-chart");
  box.addEventListener("pointermove", (event) => {
    pointerX = event.clientX - box.getBoundingClientRect().left;
    redraw();
  });
  box.addEventListener("pointerleave", () => {
    pointerX = null;
    redraw();
  });
}

/** The horizontal lines: [name, price, css class]. */
function levels(symbol) {
  const exposure = symbol.exposure;
  return [
    ["call wall", exposure?.call_wall, "call"],
    ["put wall", exposure?.put_wall, "put"],
    ["zero gamma (flip)", exposure?.zero_gamma_flip, "zero"],
    ["zero gamma (interpolated)", exposure?.zero_gamma_interpolated, "zero dashed"],
    ["VWAP", symbol.metrics.vwap, "vwap"],
  ].filter(([, price]) => price !== null && price !== undefined);
}

export function renderPrice(symbol) {
  const spread = symbol.bid !== null && symbol.ask !== null ? number(symbol.ask - symbol.bid, 2) : null;
  const quote = `${symbol.symbol} ${number(symbol.last, 2)}   ${number(symbol.bid, 2)} × ${number(symbol.ask, 2)}${spread ? `   spread ${spread}` : ""}`;
  draw(byId("price-chart"), (picture, width, height) => {
    const count = Math.max(10, Math.floor((width - AXIS) / BAR_WIDTH));
    const bars = symbol.bars.slice(-count);
    setText(byId("note-price"), quote);
    picture.setAttribute("aria-label", `One-minute bars of ${symbol.symbol}, last ${number(symbol.last, 2)}`);
    if (bars.length === 0) {
      picture.append(s("text", { class: "empty", x: width / 2, y: height / 2, "text-anchor": "middle" }, "no bar yet"));
      return;
    }
    drawBars(picture, symbol, bars, width, height);
  });
}

function priceRange(bars, symbol, lines) {
  let low = Math.min(...bars.map((bar) => bar[3]));
  let high = Math.max(...bars.map((bar) => bar[2]));
  if (symbol.last !== null) [low, high] = [Math.min(low, symbol.last), Math.max(high, symbol.last)];
  // A line near the prices may widen the picture; one far away is named at the edge instead.
  const reach = Math.max(high - low, high * 0.0005) * 0.6;
  for (const [, price] of lines) {
    if (price < low && price >= low - reach) low = price;
    if (price > high && price <= high + reach) high = price;
  }
  const margin = Math.max((high - low) * 0.06, 0.02);
  return [low - margin, high + margin];
}

function drawBars(picture, symbol, bars, width, height) {
  const lines = levels(symbol);
  const [low, high] = priceRange(bars, symbol, lines);
  const right = width - AXIS;
  const bottom = height - FOOT;
  const volumeTop = bottom - (bottom * VOLUME_SHARE);
  const y = linear(low, high, volumeTop - 4, 6);
  const x = (index) => right - (bars.length - index) * BAR_WIDTH + BAR_WIDTH / 2;
  grid(picture, bars, { low, high, y, x, right, bottom, height });
  const volumeHigh = Math.max(...bars.map((bar) => bar[5]), 1);
  const paths = { rising: "", falling: "", wicks: "", volume: "" };
  bars.forEach(([, open, top, bottomPrice, close, volume], index) => {
    const centre = crisp(x(index)) - 0.5;
    const upper = y(Math.max(open, close));
    const body = Math.max(1, y(Math.min(open, close)) - upper);
    paths[close >= open ? "rising" : "falling"] += `M${centre - 2},${upper}h4v${body}h-4z`;
    paths.wicks += `M${centre},${y(top)}V${upper}M${centre},${upper + body}V${y(bottomPrice)}`;
    paths.volume += `M${centre - 2},${bottom}h4v${-(volume / volumeHigh) * (bottom - volumeTop)}h-4z`;
  });
  for (const name of ["volume", "wicks", "rising", "falling"]) picture.append(s("path", { class: `bar-${name}`, d: paths[name] }));
  drawLevels(picture, lines, { low, high, y, right, volumeTop });
  drawLast(picture, symbol, y, right, width);
  drawReadout(picture, bars, { x, right, bottom });
}

function grid(picture, bars, { low, high, y, x, right, bottom, height }) {
  const decimals = high - low < 2 ? 2 : 1;
  for (const price of ticks(low, high, 5)) {
    picture.append(s("line", { class: "grid-line", x1: 0, x2: right, y1: crisp(y(price)), y2: crisp(y(price)) }));
    picture.append(s("text", { class: "axis", x: right + 6, y: y(price) + 4 }, number(price, decimals)));
  }
  const every = bars.length * BAR_WIDTH > 420 ? 30 : 15;
  bars.forEach(([start], index) => {
    if (Math.round(start / 60e9) % every !== 0 || x(index) < 16) return;
    picture.append(s("line", { class: "grid-line faint", x1: crisp(x(index)), x2: crisp(x(index)), y1: 0, y2: bottom }));
    picture.append(s("text", { class: "axis", x: x(index), y: height - 4, "text-anchor": "middle" }, minuteOfDay(start)));
  });
}

function drawLevels(picture, lines, { low, high, y, right, volumeTop }) {
  const labels = [];
  for (const [name, price, kind] of lines) {
    const inside = price >= low && price <= high;
    const at = inside ? y(price) : price > high ? 6 : volumeTop - 4;
    const text = inside ? `${name} ${number(price, 2)}` : `${price > high ? "↑" : "↓"} ${name} ${number(price, 2)}, off the scale`;
    if (inside) picture.append(s("line", { class: `level ${kind}`, x1: 0, x2: right, y1: crisp(at), y2: crisp(at) }));
    labels.push({ text, kind, at: Math.max(11, at - 4) });
  }
  // Labels that would lie on one another move apart.
  labels.sort((a, b) => a.at - b.at);
  labels.forEach((label, index) => {
    if (index > 0) label.at = Math.max(label.at, labels[index - 1].at + 13);
    picture.append(s("text", { class: `level-label ${label.kind}`, x: 6, y: label.at }, label.text));
  });
}

function drawLast(picture, symbol, y, right, width) {
  if (symbol.last === null) return;
  const at = y(symbol.last);
  picture.append(
    s("line", { class: "last-line", x1: 0, x2: right, y1: crisp(at), y2: crisp(at) }),
    s("rect", { class: "last-tag", x: right + 1, y: at - 9, width: width - right - 1, height: 18, rx: 3 }),
    s("text", { class: "last-text", x: right + 6, y: at + 4 }, number(symbol.last, 2)),
  );
}

function drawReadout(picture, bars, { x, right, bottom }) {
  if (pointerX === null || pointerX > right) return;
  const index = Math.round((pointerX - x(0)) / BAR_WIDTH);
  const bar = bars[index];
  if (!bar) return;
  const [start, open, top, low, close, volume] = bar;
  const text = `${minuteOfDay(start)}  O ${number(open, 2)}  H ${number(top, 2)}  L ${number(low, 2)}  C ${number(close, 2)}  V ${number(volume)}`;
  picture.append(
    s("line", { class: "crosshair", x1: crisp(x(index)), x2: crisp(x(index)), y1: 0, y2: bottom }),
    s("text", { class: "readout", x: right - 4, y: 14, "text-anchor": "end" }, text),
  );
}

export function renderPriceTable(symbol) {
  const rows = symbol.bars.slice(-60).reverse().map(([start, open, high, low, close, volume]) =>
    h("tr", {}, h("th", { scope: "row" }, minuteOfDay(start)), ...[open, high, low, close].map((value) => h("td", {}, number(value, 2))), h("td", {}, number(volume))));
  const head = ["ET", "open", "high", "low", "close", "volume"].map((name) => h("th", { scope: "col" }, name));
  byId("price-table").replaceChildren(h("table", {}, h("thead", {}, h("tr", {}, ...head)), h("tbody", {}, ...rows)));
}
