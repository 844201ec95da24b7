// Building and updating elements. Text only: no string ever becomes markup (Trusted Types refuse it too).

const SVG = "http://www.w3.org/2000/svg";

/** Make an HTML element: h("td", {class: "num"}, "12"). Null children are left out. */
export function h(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

/** Make an SVG element. */
export function s(tag, attributes = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), attributes, children);
}

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

export const byId = (id) => document.getElementById(id);

/** Set text only where it changed, so that selections and screen readers are left alone. */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

export function setClass(element, name, on) {
  if (element.classList.contains(name) !== on) element.classList.toggle(name, on);
}

export function setHidden(element, hidden) {
  if (element.hidden !== hidden) element.hidden = hidden;
}

/**
 * Make the children of `parent` match `items`: one element per key, kept where it is (so an opened detail stays open).
 * `create(item)` makes the element, `update(element, item)` refreshes it.
 */
export function reconcile(parent, items, keyOf, create, update) {
  const known = new Map([...parent.children].map((child) => [child.dataset.key, child]));
  const used = new Map();
  let previous = null;
  for (const item of items) {
    // Equal keys are told apart by number: two elements of one key could never be removed again.
    const base = String(keyOf(item));
    const count = used.get(base) ?? 0;
    used.set(base, count + 1);
    const key = count ? `${base}#${count}` : base;
    let element = known.get(key);
    if (element) known.delete(key);
    else {
      element = create(item);
      element.dataset.key = key;
    }
    update(element, item);
    const expected = previous ? previous.nextElementSibling : parent.firstElementChild;
    if (element !== expected) parent.insertBefore(element, expected);
    previous = element;
  }
  for (const gone of known.values()) gone.remove();
}

/** Replace the content of a chart's box with a drawing of its present size. */
export function draw(box, render) {
  const width = Math.floor(box.clientWidth);
  const height = Math.floor(box.clientHeight);
  if (width < 40 || height < 40) return;
  const picture = s("svg", { viewBox: `0 0 ${width} ${height}`, width, height, role: "img" });
  render(picture, width, height);
  box.replaceChildren(picture);
}
