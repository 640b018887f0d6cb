// The hit under the pointer or the focus is found again in the other columns, joined by lines.
import { byId } from "./dom.js";

const SVG = "http://www.w3.org/2000/svg";
const HEAD = 28; // pixels below a hit's top edge at which its line ends, beside the title

export function joinHits() {
  const columns = byId("columns");
  for (const event of ["pointerover", "focusin"]) {
    columns.addEventListener(event, (happened) => {
      show(happened.target.closest("[data-id]")?.dataset.id ?? null);
    });
  }
  columns.addEventListener("pointerleave", () => show(focused()));
  columns.addEventListener("focusout", () => show(null));
  window.addEventListener("resize", () => show(focused()));
}

function focused() {
  const hit = document.activeElement?.closest?.("#columns [data-id]");
  return hit ? hit.dataset.id : null;
}

function show(id) {
  const columns = byId("columns");
  columns.querySelector("svg")?.remove();
  const hits = [...columns.querySelectorAll("li.hit")];
  const same = hits.filter((hit) => id !== null && hit.dataset.id === id);
  hits.forEach((hit) => hit.classList.toggle("same", same.includes(hit)));
  const visible = same.filter((hit) => hit.offsetParent !== null);
  if (visible.length > 1) columns.append(drawing(columns, visible));
}

// Only between neighbours: a line across a column would run through its texts.
function drawing(columns, hits) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "lines");
  svg.setAttribute("aria-hidden", "true");
  const origin = columns.getBoundingClientRect();
  hits.slice(1).forEach((hit, place) => {
    const before = hits[place];
    if (before.closest(".column").nextElementSibling !== hit.closest(".column")) return;
    svg.append(line(before.getBoundingClientRect(), hit.getBoundingClientRect(), origin));
  });
  return svg;
}

function line(from, to, origin) {
  const start = [from.right - origin.left, from.top - origin.top + HEAD];
  const end = [to.left - origin.left, to.top - origin.top + HEAD];
  const middle = (start[0] + end[0]) / 2;
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", `M${start} C${middle},${start[1]} ${middle},${end[1]} ${end}`);
  return path;
}
