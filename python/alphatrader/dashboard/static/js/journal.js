// What the journal says: operators' actions, and the trading state also when the trader is gone.

import { byId, h, reconcile, setText } from "./dom.js";
import { timeOfDay } from "./format.js";

const EVERY_MS = 5_000;

let newest = null;

export function watchJournal() {
  read();
  setInterval(read, EVERY_MS);
}

async function read() {
  if (document.hidden) return;
  try {
    const answer = await fetch("/api/journal", { signal: AbortSignal.timeout(EVERY_MS) });
    if (answer.ok) newest = await answer.json();
    else newest = { readable: false, detail: `the dashboard answered ${answer.status}`, actions: [] };
  } catch {
    newest = { readable: false, detail: "the dashboard does not answer", actions: [] };
  }
  render();
}

function render() {
  setText(byId("journal-state"), newest.readable ? stateWords() : `The journal cannot be read: ${newest.detail}`);
  reconcile(byId("journal-actions"), newest.actions, (action) => `${action.ts_ns}|${action.action}`,
    (action) => h("li", {}, h("time", {}, timeOfDay(action.ts_ns)), ` ${action.action.replaceAll("_", " ")} `, h("small", {}, `${action.actor}: ${action.reason}`)),
    () => {});
}

function stateWords() {
  if (!newest.state) return "State in the journal: ACTIVE (never changed).";
  return `State in the journal: ${newest.state} since ${timeOfDay(newest.ts_ns)}, by ${newest.actor}: ${newest.reason}.`;
}

/** For the banner when the trader is gone: the state that it will come back with. */
export const journaledState = () => (newest?.readable ? newest.state || "ACTIVE" : null);
