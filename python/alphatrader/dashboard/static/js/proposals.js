// Signals that wait for a person: what they are, the command to type, and the time that is left.
//
// The countdown goes by the view's own time: a view that is not live any more counts nothing down.

import { byId, h, reconcile, setClass, setHidden, setText } from "./dom.js";
import { MISSING, number, remaining, timeOfDay } from "./format.js";
import { directionMark, showSignal } from "./signals.js";

const URGENT_MS = 15_000;
const COPIED_MS = 2_000;

const commandOf = (proposal) => `alphatrader approve ${proposal.signal_id}`;

export function renderProposals(view, model) {
  setHidden(byId("proposals"), view.proposals.length === 0);
  setText(byId("proposals-title"), view.proposals.length === 1 ? "Waits for you" : `${view.proposals.length} wait for you`);
  const ordered = [...view.proposals].sort((a, b) => a.expires_ns - b.expires_ns);
  reconcile(byId("proposals-list"), ordered, (proposal) => proposal.signal_id, create, (element, proposal) => update(element, proposal, view, model.isLive()));
}

function create(proposal) {
  const why = h("button", { type: "button", class: "ghost" }, "Why");
  why.addEventListener("click", () => showSignal(proposal.signal_id));
  return h("li", { class: "proposal" },
    h("span", { class: "proposal-left" }),
    h("strong", {}, proposal.label),
    h("span", { class: "proposal-terms" }),
    h("span", { class: "proposal-command" }, h("code", {}, commandOf(proposal)), copyButton(commandOf(proposal)), why));
}

/** Only where the browser lets a page write to the clipboard; the command can be selected with one click in any case. */
function copyButton(command) {
  if (!navigator.clipboard) return null;
  const button = h("button", { type: "button", class: "ghost", "aria-label": `Copy ${command}` }, "Copy");
  const say = (word) => {
    setText(button, word);
    setTimeout(() => setText(button, "Copy"), COPIED_MS);
  };
  button.addEventListener("click", () => navigator.clipboard.writeText(command).then(() => say("Copied"), () => say("Not allowed")));
  return button;
}

function update(element, proposal, view, live) {
  const [left, , terms] = element.children;
  const marketMs = (proposal.expires_ns - view.ts_ns) / 1e6;
  const wallMs = marketMs / view.time_scale;
  setText(left, leftWords(marketMs, wallMs, live));
  setClass(left, "urgent", live && wallMs < URGENT_MS);
  const signal = view.signals.find((candidate) => candidate.signal_id === proposal.signal_id);
  const known = signal ? [`${directionMark(signal)} ${signal.direction}`, `score ${number(signal.score, 2)}`, `entry ≤ ${number(signal.entry_limit, 2)}`] : [];
  setText(terms, [proposal.strategy || MISSING, ...known, `until ${timeOfDay(proposal.expires_ns)}`].join(" · "));
}

function leftWords(marketMs, wallMs, live) {
  if (!live) return `not live: it had ${remaining(marketMs)}`;
  if (marketMs <= 0) return "expiring";
  return marketMs === wallMs ? `${remaining(marketMs)} left` : `${remaining(marketMs)} left, ${remaining(wallMs)} by your clock`;
}
