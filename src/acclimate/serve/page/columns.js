// The columns: one system each, its hits, and what moved from the column to the left.
import { byId, el, unseen } from "./dom.js";
import { moves, said, shown } from "./moves.js";
import { marked } from "./spans.js";
import { stageName, systemName } from "./systems.js";
import { ownTimes } from "./times.js";
import { counted, milliseconds, score } from "./words.js";

const FACTS = 3; // metadata shown with a hit; the rest is a click away

// `act` has what can be done: change(place, system), remove(place), open(place, result).
export function showColumns(state, info, answers, act) {
  const names = distinct(state.systems.map((system) => systemName(system, info)));
  const columns = state.systems.map((system, place) => {
    const answer = answers?.[place] ?? null;
    const before = place && answers?.[place - 1] ? answers[place - 1].results : null;
    const column = el("section", { class: "column", "aria-label": names[place] },
      head(system, place, state, info, answer, act));
    if (answer) column.append(...body(answer, before, names[place - 1], place, act));
    return column;
  });
  byId("columns").style.setProperty("--columns", String(columns.length));
  byId("columns").replaceChildren(...columns);
  return names;
}

// Two columns of one name would be one to the ear.
function distinct(names) {
  return names.map((name, place) =>
    names.indexOf(name) === names.lastIndexOf(name) ? name : `${name} (column ${place + 1})`);
}

function head(system, place, state, info, answer, act) {
  const mode = choice(`System of column ${place + 1}`, info.modes, system.mode,
    (each) => systemName({ mode: each, rerank: "" }, info));
  mode.classList.add("mode");
  mode.addEventListener("change", () => act.change(place, { ...system, mode: mode.value }));
  const parts = [el("div", { class: "system" }, mode)];
  if (state.systems.length > 1) {
    const remove = el("button", { type: "button", class: "quiet remove",
      "aria-label": `Remove column ${place + 1}` }, "✕");
    remove.addEventListener("click", () => act.remove(place));
    parts[0].append(remove);
  }
  if (info.rerankers?.length || system.rerank) parts.push(reranking(system, place, info, act));
  if (answer) parts.push(times(answer));
  return el("header", {}, ...parts);
}

function reranking(system, place, info, act) {
  const rerank = choice(`Re-ranker of column ${place + 1}`, ["", ...(info.rerankers ?? [])],
    system.rerank, (each) => (each ? `then ${stageName(each)}` : "not re-ranked"));
  rerank.classList.add("rerank");
  rerank.addEventListener("change", () => act.change(place, { ...system, rerank: rerank.value }));
  return rerank;
}

// What the address asks for is among the choices even where the service does not name it.
function choice(label, values, chosen, name) {
  const all = values.includes(chosen) ? values : [...values, chosen];
  return el("select", { "aria-label": label },
    ...all.map((value) => el("option", { value, selected: value === chosen }, name(value))));
}

function times(answer) {
  const own = ownTimes(answer.timings);
  const whole = own.reduce((sum, each) => sum + each.milliseconds, 0);
  const stages = own.map((each) => `${stageName(each.stage)} ${milliseconds(each.milliseconds)}`);
  return el("p", { class: "times" }, unseen("Took "), el("strong", {}, milliseconds(whole)),
    stages.length > 1 ? `: ${stages.join(", ")}` : "");
}

function body(answer, before, beside, place, act) {
  if (!answer.results.length) return [el("p", { class: "nothing" }, "Nothing found.")];
  const moved = before ? moves(before, answer.results) : null;
  const hits = answer.results.map((result) =>
    hit(result, moved?.of.get(result.passage.id), beside, place, act));
  const list = el("ol", { class: "hits" }, ...hits);
  return moved?.gone.length ? [el("div", {}, list, gone(moved.gone, beside))] : [list];
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
      el("p", { class: "snippet" }, ...marked(result.snippet.text, result.snippet.marks)),
      facts(passage.metadata),
      el("div", { class: "end" },
        el("span", { class: "soft" }, `score ${score(result.score)}`), why)));
}

function badge(move, beside) {
  return el("span", { class: `move ${move.kind}`, title: said(move, beside) },
    el("span", { "aria-hidden": "true" }, shown(move)), unseen(said(move, beside)));
}

function where(passage) {
  const named = passage.title ? [passage.document_id || passage.id, passage.place] : [passage.place];
  const text = named.filter((each) => each && each !== passage.title).join(", ");
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

// On a narrow screen one column is shown at a time; these buttons choose it.
export function showPicker(names, at, choose) {
  byId("picker").replaceChildren(...names.map((name, place) => {
    const button = el("button", { type: "button", "aria-pressed": String(place === at) }, name);
    button.addEventListener("click", () => choose(place));
    return button;
  }));
  byId("columns").querySelectorAll(".column").forEach((column, place) => {
    column.classList.toggle("shown", place === at);
  });
}
