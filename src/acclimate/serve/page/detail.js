// One passage, opened: where each system put it, and why the one that was asked found it.
import { bar, byId, el } from "./dom.js";
import { pictureOf } from "./pictures.js";
import { content, shaded } from "./spans.js";
import { stageName } from "./systems.js";
import { score, signed } from "./words.js";

const TOP = 8; // terms and words listed by weight

// `ask` fetches the same hit with its explanation; `ranks` says where every column has it.
export async function openDetail(name, result, ranks, ask) {
  const dialog = byId("detail");
  const reasons = el("div", { class: "reasons", "aria-busy": "true" },
    el("p", { class: "soft", role: "status" }, "Looking for the reasons …"));
  const text = el("div", { class: "text" }, ...passageText(result.passage, []));
  const picture = pictureOf(result.passage);
  dialog.replaceChildren(
    head(result, dialog),
    el("div", { class: "inside" },
      el("section", { class: "why-found", "aria-label": "Reasons" },
        el("h3", {}, `Why ${name} found it`), reasons,
        el("h3", {}, "In every column"), ranksTable(ranks)),
      el("section", { class: "read", "aria-label": "Passage" }, picture ?? "", text, metadata(result.passage))),
  );
  dialog.showModal();
  try {
    const explained = await ask();
    reasons.replaceChildren(...why(explained));
    text.replaceChildren(...passageText(result.passage, explained.explanation?.words ?? []));
  } catch (error) {
    if (error.name === "AbortError") return;
    reasons.replaceChildren(
      el("p", { class: "error", role: "alert" }, `${error.message}. ${error.remedy ?? ""}`));
  } finally {
    reasons.removeAttribute("aria-busy");
  }
}

function head(result, dialog) {
  const { passage } = result;
  const close = el("button", { type: "button", class: "quiet", "aria-label": "Close" }, "✕");
  close.addEventListener("click", () => dialog.close());
  const known = new Set([passage.title, ""]);
  const place = [passage.id, passage.place].filter((each) => !known.has(each)).join(", ");
  return el("header", {},
    el("div", {}, el("h2", { id: "detail-title" }, passage.title || passage.id),
      el("p", { class: "where" }, place)),
    close);
}

function passageText(passage, words) {
  const { text, body } = content(passage);
  const whole = Array.from(text).length;
  const title = body ? [el("p", { class: "title" }, ...shaded(text, words, 0, body))] : [];
  return [...title, el("p", {}, ...shaded(text, words, body, whole))];
}

function why(result) {
  const { terms = [], words = [], note = "" } = result.explanation ?? {};
  const parts = [stages(result)];
  if (terms.length) {
    parts.push(el("h4", {}, "Terms, by what they add to the score"),
      weights(terms.map(({ term, weight }) => [term, weight])));
  }
  if (words.length) {
    parts.push(el("h4", {}, "Words, by how far the score drops without them"),
      weights(distinct(words)),
      el("p", { class: "soft legend" }, "In the passage they are underlined: ",
        el("span", { class: "w4" }, "much"), " ", el("span", { class: "w1" }, "a little"), ", ",
        el("span", { class: "w-2" }, "against"), "."));
  }
  if (note) {
    parts.push(el("p", { class: "soft" }, `${note.charAt(0).toUpperCase()}${note.slice(1)}.`));
  } else if (!terms.length && !words.length) {
    parts.push(el("p", { class: "soft" }, "No word by itself carried the score."));
  }
  return parts;
}

// A word that repeats once, with what its heaviest occurrence carries.
function distinct(words) {
  const heaviest = new Map();
  for (const { word, weight } of words) {
    const name = word.toLowerCase();
    if (Math.abs(weight) > Math.abs(heaviest.get(name) ?? 0)) heaviest.set(name, weight);
  }
  return [...heaviest];
}

function stages(result) {
  const rows = result.stages.map((each) =>
    el("tr", {}, el("th", { scope: "row" }, stageName(each.stage)),
      el("td", {}, each.rank ? String(each.rank) : "not found"),
      el("td", {}, each.rank ? score(each.score) : "–")));
  return table("Stages of the search", ["Stage", "Rank", "Score"], rows);
}

function ranksTable(ranks) {
  const rows = ranks.map(({ name, rank, value, here }) =>
    el("tr", { class: here ? "here" : null }, el("th", { scope: "row" }, name),
      el("td", {}, rank ? String(rank) : "not found"),
      el("td", {}, rank ? score(value) : "–")));
  return table("Rank in every column", ["System", "Rank", "Score"], rows);
}

function table(caption, heads, rows) {
  return el("table", {}, el("caption", { class: "unseen" }, caption),
    el("thead", {}, el("tr", {}, ...heads.map((head) => el("th", { scope: "col" }, head)))),
    el("tbody", {}, ...rows));
}

function weights(pairs) {
  const ordered = [...pairs].sort((a, b) => Math.abs(b[1]) - Math.abs(a[1])).slice(0, TOP);
  const most = Math.max(...ordered.map(([, weight]) => Math.abs(weight)));
  return el("ul", { class: "weights" }, ...ordered.map(([word, weight]) =>
    el("li", {}, el("span", { class: "word" }, word),
      bar(most ? Math.abs(weight) / most : 0, weight < 0 ? "against" : ""),
      el("span", { class: "number" }, signed(weight, 3)))));
}

function metadata(passage) {
  const entries = Object.entries(passage.metadata ?? {});
  if (!entries.length) return null;
  return el("dl", { class: "metadata" },
    ...entries.map(([name, value]) =>
      el("div", {}, el("dt", {}, name), el("dd", {}, String(value)))));
}
