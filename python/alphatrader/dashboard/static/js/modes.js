// How a strategy may act. Each mode has a mark, a word and a sentence, so that none is told by its colour alone.

import { h } from "./dom.js";

const MODES = {
  on: ["▶", "trades by itself"],
  approve: ["?", "each signal waits for a person"],
  shadow: ["◌", "decides, sends no order"],
  off: ["■", "switched off"],
};
export const MODE_NAMES = Object.keys(MODES);

export const modeSentence = (mode) => MODES[mode]?.[1] ?? "";

export function modeChip(mode) {
  return h("span", { class: "chip mode-chip", "data-mode": mode }, `${MODES[mode]?.[0] ?? "·"} ${mode}`);
}
