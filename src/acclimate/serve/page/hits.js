// The hits of one column, and what moved from the column to the left.
import { el, unseen } from "./dom.js";
import { moves, said, shown } from "./moves.js";
import { pictureOf } from "./pictures.js";
import { marked } from "./spans.js";
import { counted, score } from "./words.js";

const FACTS = 3; // metadata shown with a hit; the rest is a click away

// `before` are the hits to the left, in the column called `beside`; null for the first column.
export function hitsOf(answer, before, beside, place, act) {
  if (!answer.results.length) return el("p", { class: "nothing" }, "Nothing found.");
  const moved = before ? moves(before, answer.results) : null;
  const hits = answer.results.map((result) =>
    hit(result, moved?.of.get(result.passage.id), beside, place, act));
  const list = el("ol", { class: "hits" }, ...hits);
  return el("div", {}, list, moved?.gone.length ? gone(moved.gone, beside) : null);
}

function hit(result, move, beside, place, act) {
  const { passage } = result;
  const open = el("button", { type: "button", class: "open" }, passage.title || passage.id);
  open.addEventListener("click", () => act.open(place, result));
  const why = el("button", { type: "button", class: "quiet why",
    "aria-label": `Why ${passage.title || passage.id}?` }, "Why?");
  why.addEventListener("click", () => act.open(place, result));
  return el("li", { class: "hit", "data-id": passage.id },
    el("div", { class: "rank" }, unseen("Rank "), String(result.rank),
      move ? badge(move, beside) : null),
    el("div", { class: "what" },
      el("h3", {}, open),
      where(passage),
      pictureOf(passage),
      // Of a picture without a caption the snippet would be its title once more.
      passage.image && !passage.text ? null
        : el("p", { class: "snippet" }, ...marked(result.snippet.text, result.snippet.marks)),
      facts(passage.metadata),
      el("div", { class: "end" },
        el("span", { class: "soft" }, `score ${score(result.score)}`), why)));
}

function badge(move, beside) {
  return el("span", { class: `move ${move.kind}`, title: said(move, beside) },
    el("span", { "aria-hidden": "true" }, shown(move)), unseen(said(move, beside)));
}

function where(passage) {
  const { id, document_id: document, place, title } = passage;
  const text = [document === id || document === title ? "" : document, place].filter(Boolean).join(", ");
  return text ? el("p", { class: "where" }, text) : null;
}

function facts(metadata) {
  const entries = Object.entries(metadata ?? {}).slice(0, FACTS);
  if (!entries.length) return null;
  return el("p", { class: "facts-line" },
    ...entries.map(([name, value]) => el("span", {}, `${name}: ${value}`)));
}

function gone(results, beside) {
  const names = results.map((result) =>
    el("li", { "data-id": result.passage.id }, result.passage.title || result.passage.id));
  return el("details", { class: "gone" },
    el("summary", {}, `${counted(results.length, "hit")} of ${beside} not found here`),
    el("ul", {}, ...names));
}
