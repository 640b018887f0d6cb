// Elements out of data. Texts become text nodes and nothing else, whatever they hold.

export function el(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

export function byId(id) {
  return document.getElementById(id);
}

// A bar of a share between 0 and 1; the number stands beside it, so it says nothing by itself.
export function bar(share, kind = "") {
  const fill = el("span", { class: `fill ${kind}` });
  // Through the object model, which the content policy allows where it forbids style attributes.
  fill.style.inlineSize = `${Math.max(0, Math.min(1, share)) * 100}%`;
  return el("span", { class: "bar", "aria-hidden": "true" }, fill);
}

export function unseen(text) {
  return el("span", { class: "unseen" }, text);
}
