// Operator commands. HALT goes out with one press and never asks; what raises risk or closes positions asks for a word.

import { byId, h, setHidden, setText } from "./dom.js";
import { dollars, number, signed, signedDollars } from "./format.js";

const TIMEOUT_MS = 8_000;
const EXPECTED = { halt: "HALTED", flatten: "HALTED", reduce: "REDUCING", resume: "ACTIVE" };
const HALT_TRIES = 3;
const csrfToken = document.querySelector('meta[name="csrf-token"]').content;
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

export class Controls {
  /** `currentView()` gives the view that FLATTEN lists; `chooseSymbol(index)` serves the digit keys. */
  constructor({ currentView, chooseSymbol, onLoggedOut }) {
    this.currentView = currentView;
    this.chooseSymbol = chooseSymbol;
    this.onLoggedOut = onLoggedOut;
    this.asked = null;
    byId("halt").addEventListener("click", () => this.halt());
    byId("cancel-entries").addEventListener("click", () => this.send("cancel_entries"));
    byId("reduce").addEventListener("click", () => this.send("reduce"));
    byId("resume").addEventListener("click", () => this.askResume());
    byId("flatten").addEventListener("click", () => this.askFlatten());
    byId("log-out").addEventListener("click", () => this.logOut());
    byId("confirm-cancel").addEventListener("click", () => byId("confirm").close());
    byId("confirm-word").addEventListener("input", () => this.checkWord());
    byId("confirm-form").addEventListener("submit", (event) => this.confirmed(event));
    document.addEventListener("keydown", (event) => this.key(event));
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    if (event.key === "Escape") return this.closeDialogs();
    if (event.target.closest("input, textarea, select")) return;
    const key = event.key.toLowerCase();
    if (key === "h") this.halt();
    else if (byId("confirm").open) return;
    else if (key === "r") this.askResume();
    else if (key === "f") this.askFlatten();
    else if (key === "?") byId("help").show();
    else if (key >= "1" && key <= "9") this.chooseSymbol(Number(key) - 1);
    else return;
    event.preventDefault();
  }

  closeDialogs() {
    byId("confirm").close();
    byId("help").close();
  }

  halt() {
    byId("halt").classList.add("pressed");
    return this.send("halt", "", HALT_TRIES).finally(() => byId("halt").classList.remove("pressed"));
  }

  /** HALT may be sent again after a lost connection: halting twice is halting. */
  async send(action, confirm = "", tries = 1) {
    const name = action.replaceAll("_", " ").toUpperCase();
    this.say("pending", `${name} sent, waiting for the trader…`);
    for (let attempt = 1; ; attempt += 1) {
      try {
        const answer = await this.post("/api/commands", { action, confirm });
        if (answer.status === 401) this.onLoggedOut();
        const body = await answer.json();
        if (answer.ok && (EXPECTED[action] ?? body.state) !== body.state) this.say("error", `${name} NOT DONE: the trader took it and is still ${body.state}.`);
        else if (answer.ok) this.say("good", `${name} done: the trader is ${body.state}.`);
        else this.say("error", `${name} NOT DONE: ${body.detail}`);
        return;
      } catch (error) {
        if (attempt >= tries) {
          this.say("error", `${name} NOT CONFIRMED: the dashboard did not answer (${error.message}). Use \`alphatrader halt\` in a terminal, or the broker's own.`);
          return;
        }
        await pause(400);
      }
    }
  }

  post(path, body) {
    return fetch(path, {
      method: "POST",
      headers: { "content-type": "application/json", "x-csrf-token": csrfToken },
      body: JSON.stringify(body),
      keepalive: true,
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
  }

  say(tone, text) {
    const line = byId("command-result");
    setText(line, text);
    line.dataset.tone = tone;
    setHidden(line, false);
    clearTimeout(this.hiding);
    if (tone === "good") this.hiding = setTimeout(() => setHidden(line, true), 8_000);
  }

  askResume() {
    const view = this.currentView();
    const reason = view?.state_reason ? ` The reason was: ${view.state_reason}.` : "";
    this.ask("resume", "RESUME", "Resume trading?", [
      h("p", {}, `The state is ${view?.trading_state ?? "not known"}.${reason} After this, new entries are possible again.`),
    ]);
  }

  askFlatten() {
    const view = this.currentView();
    const positions = view?.positions ?? [];
    const foreign = view?.foreign.positions ?? [];
    this.ask("flatten", "FLATTEN", "Close every position?", [
      h("p", {}, positions.length ? "Trading halts, working entries are cancelled, stops are replaced by closing orders for:" : "No position is open in the last view. Trading halts, and working entries are cancelled."),
      h("ul", {}, ...positions.map((position) => h("li", {}, closingLine(position)))),
      h("p", {}, `${bookedBy(view)} Closing also pays the spread and fees (so far today ${dollars(view?.fees_usd ?? 0)}).`),
      ...(foreign.length ? [h("p", {}, `Not ours, and left alone: ${foreign.map((position) => `${signed(position.quantity)} ${position.label}`).join(", ")}.`)] : []),
    ]);
  }

  ask(action, word, title, body) {
    this.closeDialogs();
    this.asked = { action, word };
    setText(byId("confirm-title"), title);
    byId("confirm-body").replaceChildren(...body);
    setText(byId("confirm-wanted"), word);
    setText(byId("confirm-send"), word);
    byId("confirm-word").value = "";
    this.checkWord();
    byId("confirm").show();
    byId("confirm-word").focus();
  }

  checkWord() {
    byId("confirm-send").disabled = byId("confirm-word").value !== this.asked?.word;
  }

  confirmed(event) {
    event.preventDefault();
    if (byId("confirm-word").value !== this.asked.word) return;
    byId("confirm").close();
    this.send(this.asked.action, this.asked.word);
  }

  async logOut() {
    await this.post("/logout", {});
    location.reload();
  }
}

function closingLine(position) {
  const side = position.quantity > 0 ? "sell" : "buy back";
  const worth = position.mark === null ? "no quote" : `mark ${number(position.mark, 2)}, ${signedDollars(position.unrealised_usd)}`;
  return `${side} ${number(Math.abs(position.quantity))} × ${position.label}, ${worth}`;
}

function bookedBy(view) {
  if (!view) return "What this books is not known: there is no view.";
  const open = signedDollars(view.unrealised_usd);
  return view.unrealised_known ? `At the last marks this books ${open}.` : `What this books is not known: a position has no quote. With its premium lost it would be ${open}.`;
}
