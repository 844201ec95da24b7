// Wires the connection, the model and the panels. New views are drawn as they come; ages are redrawn four times a second
// whether anything comes or not.

import { Announcer, renderAccount, renderEvents } from "./events.js";
import { renderBanners, renderStaleness } from "./banners.js";
import { Controls } from "./controls.js";
import { byId, h, reconcile, setHidden } from "./dom.js";
import { renderDepth } from "./depth.js";
import { renderExposure, renderExposureTable } from "./exposure.js";
import { renderFeeds, renderHeader, renderSession } from "./header.js";
import { renderFlow } from "./flow.js";
import { watchJournal } from "./journal.js";
import { Model } from "./model.js";
import { renderPositions } from "./positions.js";
import { renderPrice, renderPriceTable, watchPointer } from "./price.js";
import { renderProposals } from "./proposals.js";
import { renderSignals } from "./signals.js";
import { renderStrategies } from "./strategies.js";
import { Stream } from "./stream.js";

const AGE_INTERVAL_MS = 250;
const TABLE_KINDS = { price: renderPriceTable, exposure: renderExposureTable };

const model = new Model();
const announcer = new Announcer();
let connection = "connecting";
let chosen = sessionStorage.getItem("symbol");

function symbol() {
  const symbols = model.view?.symbols ?? [];
  return symbols.find((candidate) => candidate.symbol === chosen) ?? symbols[0] ?? null;
}

function choose(index) {
  const target = model.view?.symbols[index];
  if (!target) return;
  chosen = target.symbol;
  sessionStorage.setItem("symbol", chosen);
  renderView();
}

function renderSymbols(view) {
  const tabs = byId("symbols");
  setHidden(tabs, view.symbols.length < 2);
  reconcile(tabs, view.symbols, (item) => item.symbol,
    (item) => {
      const tab = h("button", { type: "button", role: "tab" }, item.symbol);
      tab.addEventListener("click", () => choose(model.view.symbols.findIndex((other) => other.symbol === item.symbol)));
      return tab;
    },
    (tab, item) => tab.setAttribute("aria-selected", String(item.symbol === symbol()?.symbol)));
}

const tableShown = (id) => !byId(`${id}-table`).hidden;

function renderMarket() {
  const current = symbol();
  if (!current) return;
  if (tableShown("price")) renderPriceTable(current);
  else renderPrice(current);
  if (tableShown("exposure")) renderExposureTable(current);
  renderExposure(current, model.contentAgeMs(current.exposure?.ts_ns));
  renderDepth(current);
  renderFlow(current, model);
}

function renderView() {
  const view = model.view;
  if (!view) return;
  renderHeader(view);
  renderSymbols(view);
  renderMarket();
  renderPositions(view, model);
  renderProposals(view, model);
  renderStrategies(view);
  renderSignals(view);
  renderEvents(view);
  renderAccount(view);
  renderAges();
}

/** All that changes by the passing of time alone. */
function renderAges() {
  renderBanners(model, connection);
  if (!model.view) return;
  renderSession(model);
  renderFeeds(model);
  const current = symbol();
  const others = model.view.symbols.map((item) => item.symbol).filter((name) => name !== current?.symbol);
  renderStaleness(model, { others });
  if (!model.isLive()) {
    // Ages inside panels go on counting too.
    renderPositions(model.view, model);
    renderProposals(model.view, model);
    if (current) renderExposure(current, model.contentAgeMs(current.exposure?.ts_ns));
  }
}

function watchTables() {
  for (const button of document.querySelectorAll("[data-table-toggle]")) {
    const id = button.dataset.tableToggle;
    button.addEventListener("click", () => {
      const shown = !tableShown(id);
      setHidden(byId(`${id}-table`), !shown);
      setHidden(byId(`${id}-chart`), shown);
      button.setAttribute("aria-pressed", String(shown));
      const current = symbol();
      if (shown && current) TABLE_KINDS[id](current);
      renderMarket();
    });
  }
}

const stream = new Stream({
  onConnection: () => model.newConnection(),
  onState: (state) => {
    connection = state;
    renderAges();
  },
  onFrame: (frame) => {
    if (!model.apply(frame)) return renderAges();
    announcer.take(model.view);
    renderView();
  },
});

new Controls({
  currentView: () => model.view,
  chooseSymbol: choose,
  onLoggedOut: () => stream.endSession(),
});
watchTables();
watchPointer(() => symbol() && renderPrice(symbol()));
const resized = new ResizeObserver(renderMarket);
for (const box of document.querySelectorAll(".chart, #depth-ladder")) resized.observe(box);
setInterval(renderAges, AGE_INTERVAL_MS);
watchJournal();
stream.start();
