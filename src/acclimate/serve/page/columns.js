// The columns: one system each, with what chooses it, its times and its hits.
import { byId, el, unseen } from "./dom.js";
import { hitsOf } from "./hits.js";
import { stageName, systemName } from "./systems.js";
import { ownTimes } from "./times.js";
import { milliseconds } from "./words.js";

// `act` has what can be done: change(place, system), remove(place), open(place, result).
export function showColumns(state, info, answers, act) {
  const names = distinct(state.systems.map((system) => systemName(system, info)));
  const columns = state.systems.map((system, place) => {
    const answer = answers?.[place] ?? null;
    const before = place && answers?.[place - 1] ? answers[place - 1].results : null;
    const column = el("section", { class: "column", "aria-label": names[place] },
      head(names[place], system, place, state, info, answer, act));
    if (answers && !answer) column.append(el("p", { class: "nothing" }, "It reads words, and a picture has none."));
    if (answer) column.append(hitsOf(answer, before, names[place - 1], place, act));
    return column;
  });
  byId("columns").style.setProperty("--columns", String(columns.length));
  keepFocus(() => byId("columns").replaceChildren(...columns));
  return names;
}

// Whoever chose a system by keys goes on from there, though the choice itself is a new one.
function keepFocus(replace) {
  const columns = byId("columns");
  const label = columns.contains(document.activeElement) && document.activeElement.ariaLabel;
  replace();
  if (!label) return;
  [...columns.querySelectorAll("select, button")].find((each) => each.ariaLabel === label)?.focus();
}

// Two columns of one name would be one to the ear.
function distinct(names) {
  return names.map((name, place) =>
    names.indexOf(name) === names.lastIndexOf(name) ? name : `${name} (column ${place + 1})`);
}

function head(name, system, place, state, info, answer, act) {
  const mode = choice(`System of column ${place + 1}`, info.modes, system.mode,
    (each) => systemName({ mode: each, rerank: "" }, info));
  mode.classList.add("mode");
  mode.addEventListener("change", () => act.change(place, { ...system, mode: mode.value }));
  const parts = [el("div", { class: "system" }, el("h2", { class: "unseen" }, name), mode)];
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
