// The words for "this is not live": at the top of the page, and on each panel.

import { byId, h, reconcile, setHidden, setText } from "./dom.js";
import { age } from "./format.js";
import { journaledState } from "./journal.js";

const LOGGED_OUT = "You are logged out: nothing here is live, and no command is accepted. Open a new login link (dashboard.json in the run's home).";
const GONE = "No connection to the dashboard: nothing here is live. Trying again; in an emergency use `alphatrader halt` or the broker's terminal.";
const LATE = "The newest view is old: the connection is slow, or this page was asleep.";
const POLLING = "The live stream is down: this page asks once a second instead.";

/** What is wrong, most basic first: [key, text]. */
function faults(model, connection) {
  if (connection === "logged-out") return [["logged-out", LOGGED_OUT]];
  if (connection === "down") return [["down", GONE]];
  if (!model.status) return [];
  const found = [];
  if (model.status.trader !== "live") found.push([model.status.trader, sentence(model)]);
  else if (!model.isLive()) found.push(["late", LATE]);
  if (connection === "polling") found.push(["polling", POLLING]);
  return found;
}

function sentence(model) {
  const text = model.status.detail;
  const state = journaledState();
  const journal = state ? ` The journal says ${state}.` : "";
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.${journal}`;
}

const createBanner = ([key]) =>
  h("p", { class: `banner ${key === "polling" ? "mild" : ""}` }, h("span"), " ", h("span", { "aria-hidden": "true" }));

export function renderBanners(model, connection) {
  // The age counts four times a second: hidden from screen readers, to which the alert speaks once.
  const newest = model.view && !model.isLive() ? `Newest view: ${age(model.viewAgeMs())} ago.` : "";
  reconcile(byId("banners"), faults(model, connection), ([key]) => key, createBanner, (element, [key, text]) => {
    setText(element.children[0], text);
    setText(element.children[1], key === "polling" ? "" : newest);
  });
  const live = connection !== "down" && connection !== "logged-out" && model.isLive();
  document.body.dataset.live = live ? "live" : model.view ? "stale" : "connecting";
  setText(byId("link-state"), { live: "stream connected", polling: "polling", down: "no connection", "logged-out": "logged out" }[connection] ?? "connecting");
}

/** Grey a panel whose sources are silent, and say for how long. */
export function renderStaleness(model, symbol) {
  for (const panel of document.querySelectorAll(".panel")) {
    const stale = panelStaleness(model, panel.dataset.feeds, symbol);
    const mark = panel.querySelector(".stale-mark");
    panel.toggleAttribute("data-stale", stale !== null);
    setHidden(mark, stale === null);
    if (stale !== null) setText(mark, `STALE ${age(stale)}`);
  }
}

function panelStaleness(model, names, symbol) {
  if (!model.isLive()) return model.viewAgeMs() ?? 0;
  const wanted = names ? names.split(" ") : [];
  const silent = model.view.feeds.filter((feed) => concerns(feed.name, wanted, symbol) && model.feedState(feed) === "stale");
  return silent.length ? Math.max(...silent.map((feed) => model.feedAgeMs(feed) ?? 0)) : null;
}

/** A feed concerns a panel if its name has the panel's word in it, and no other underlying's name. */
function concerns(name, wanted, symbol) {
  const words = name.toLowerCase().split(/[^a-z0-9]+/);
  if (!wanted.some((word) => words.some((part) => part.startsWith(word)))) return false;
  const others = symbol ? symbol.others : [];
  return !others.some((other) => words.includes(other.toLowerCase()));
}
