// Everything can be reached by keys; see the list at the foot of the page.
import { byId } from "./dom.js";

const STEPS = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1 };
const SIDES = { ArrowRight: 1, l: 1, ArrowLeft: -1, h: -1 };

// `turn` shows a column where only one fits.
export function listenToKeys(turn) {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || byId("detail").open) return;
    const typing = event.target.matches("input, select, textarea");
    if (event.key === "/" && !typing) {
      event.preventDefault();
      byId("query").focus();
      byId("query").select();
    } else if (event.target === byId("query") && event.key === "ArrowDown") {
      if (focusHit(hitsOf(shownColumns()[0]), 0)) event.preventDefault();
    } else if (!typing && event.key in STEPS) {
      if (step(STEPS[event.key])) event.preventDefault();
    } else if (!typing && event.key in SIDES) {
      if (aside(SIDES[event.key], turn)) event.preventDefault();
    }
  });
}

function shownColumns() {
  return [...document.querySelectorAll(".column")].filter((each) => each.offsetParent !== null);
}

function hitsOf(column) {
  return column ? [...column.querySelectorAll("li.hit .open")] : [];
}

function focusHit(hits, place) {
  const hit = hits[Math.max(0, Math.min(hits.length - 1, place))];
  hit?.focus();
  hit?.closest("li").scrollIntoView({ block: "nearest" });
  return Boolean(hit);
}

function step(by) {
  const column = document.activeElement?.closest(".column");
  // Arrows scroll the page unless a hit has the focus; j starts at the first one.
  if (!column) return document.activeElement === document.body && focusHit(hitsOf(shownColumns()[0]), 0);
  const hits = hitsOf(column);
  return focusHit(hits, current(hits) + by);
}

function current(hits) {
  const hit = document.activeElement.closest("li.hit");
  return hits.findIndex((each) => each.closest("li") === hit);
}

function aside(by, turn) {
  const hit = document.activeElement?.closest("li.hit");
  if (!hit) return false;
  const columns = [...document.querySelectorAll(".column")];
  const at = columns.indexOf(hit.closest(".column")) + by;
  if (!columns[at]) return false;
  const hits = hitsOf(columns[at]);
  const same = hits.findIndex((each) => each.closest("li").dataset.id === hit.dataset.id);
  const place = same >= 0 ? same : current(hitsOf(hit.closest(".column")));
  turn(at);
  return focusHit(hits, place);
}
