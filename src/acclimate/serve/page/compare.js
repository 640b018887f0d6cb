// The first view: one query, several systems. The address says what is asked; this file asks it.
import { get, post, postFile, Refusal } from "./api.js";
import { showColumns, showPicker } from "./columns.js";
import { openDetail } from "./detail.js";
import { byId } from "./dom.js";
import { clearError, showError } from "./errors.js";
import { openFilters, setUpFilters } from "./filters.js";
import { listenToKeys } from "./keys.js";
import { joinHits } from "./lines.js";
import { setUpPictures, showChosen } from "./pictures.js";
import { canAdd, readState, writeState } from "./state.js";
import { counted } from "./words.js";

let info = { modes: [], fields: {}, models: [] };
let state = { query: "", where: "", k: 10, systems: [] };
let answers = null;
let answeredBy = []; // the systems that gave them, while others may be chosen already
let names = [];
let column = 0;
let asking = new AbortController();
let explained = new Map();
let picture = null; // a file that is the query instead of words

const act = {
  change(place, system) {
    state.systems[place] = system;
    ask();
  },
  remove(place) {
    state.systems.splice(place, 1);
    column = Math.min(column, state.systems.length - 1);
    ask();
    byId("add-system").focus();
  },
  open(place, result) {
    const ranks = names.map((name, at) => {
      const found = answers[at]?.results.find((each) => each.passage.id === result.passage.id);
      return { name, rank: found?.rank ?? 0, value: found?.score ?? 0, here: at === place };
    });
    openDetail(names[place], result, ranks, () => explanation(answeredBy[place], result));
  },
};

async function start() {
  listenToKeys(turn);
  joinHits();
  byId("ask").addEventListener("submit", (event) => {
    event.preventDefault();
    ask();
  });
  byId("k").addEventListener("change", ask);
  byId("add-system").addEventListener("click", add);
  window.addEventListener("popstate", restore);
  byId("detail").addEventListener("click", (event) => {
    if (event.target === byId("detail")) byId("detail").close(); // beside it
  });
  await connect();
}

async function connect() {
  try {
    info = await get("info");
  } catch (error) {
    showError(error, connect);
    return;
  }
  clearError();
  byId("corpus").textContent = counted(info.count, "passage");
  setUpFilters(info.fields, ask);
  if (info.picture_modes?.length) setUpPictures(askByPicture);
  restore();
}

// A picture cannot stand in the address: the page shows it until something else is asked.
function askByPicture(file) {
  picture = file;
  showChosen(file);
  if (file) byId("query").value = "";
  ask();
}

function restore() {
  picture = null;
  showChosen(null);
  state = readState(info.modes);
  byId("query").value = state.query;
  byId("where").value = state.where;
  if (![...byId("k").options].some((each) => Number(each.value) === state.k)) {
    byId("k").add(new Option(String(state.k)));
  }
  byId("k").value = String(state.k);
  openFilters(Boolean(state.where));
  column = 0;
  if (state.query) {
    search();
  } else {
    answers = null;
    show();
    byId("query").focus();
  }
}

function ask() {
  state = {
    ...state,
    query: byId("query").value.trim(),
    where: byId("where").value.trim(),
    k: Number(byId("k").value),
  };
  if (state.query && picture) {
    picture = null;
    showChosen(null);
  }
  writeState(state, false);
  if (state.query || picture) {
    search();
  } else {
    answers = null;
    show();
  }
}

async function search() {
  asking.abort();
  asking = new AbortController();
  const { signal } = asking;
  byId("results").setAttribute("aria-busy", "true");
  try {
    const systems = [...state.systems];
    answers = await answered(signal);
    answeredBy = systems;
    explained = new Map();
    clearError();
    show();
    byId("status").textContent = names
      .map((name, at) => `${name}: ${counted(answers[at]?.results.length ?? 0, "hit")}`)
      .join(". ");
  } catch (error) {
    if (error.name === "AbortError") return;
    answers = null;
    show();
    showError(error, search);
  }
  byId("results").removeAttribute("aria-busy");
}

async function answered(signal) {
  const { query, k } = state;
  if (picture) return Promise.all(state.systems.map((each) => byPicture(each, k, false, signal)));
  const systems = state.systems.map(asked);
  if (systems.length === 1) return [await post("search", { query, k, ...systems[0] }, signal)];
  const compared = await post("compare", { query, k, systems }, signal);
  return compared.systems.map((each) => each.answer);
}

// Null where a system reads words only.
async function byPicture({ mode }, k, explain, signal) {
  if (!info.picture_modes.includes(mode)) return null;
  const most = info.limits.body_bytes;
  if (picture.size > most) {
    throw new Refusal(413, { field: "picture", message: `it has more than ${most} bytes`,
      remedy: "save it smaller" });
  }
  const { where } = state;
  const said = new URLSearchParams({ mode, k, explain, ...(where && { where }) });
  return postFile(`search/picture?${said}`, picture, signal);
}

function asked({ mode, rerank }) {
  const { where } = state;
  return { mode, ...(rerank && { rerank }), ...(where && { where }) };
}

// The hit with its reasons, which are asked for once.
async function explanation(system, result) {
  const { query } = state;
  const { id } = result.passage;
  const key = JSON.stringify([system, id]);
  if (!explained.has(key)) {
    const body = { query, k: result.rank, explain: true, explain_ids: [id], ...asked(system) };
    const answer = picture
      ? byPicture(system, result.rank, true, asking.signal)
      : post("search", body, asking.signal);
    explained.set(key, answer);
    answer.catch(() => explained.delete(key));
  }
  const { results } = await explained.get(key);
  return results.find((each) => each.passage.id === id) ?? result;
}

function show() {
  names = showColumns(state, info, answers, act);
  byId("welcome").hidden = Boolean(state.query || picture);
  byId("add-system").hidden = !canAdd(state);
  document.title = state.query ? `${state.query} – Acclimate` : "Acclimate: search side by side";
  turn(column);
}

function turn(at) {
  column = at;
  showPicker(names, at, turn);
}

function add() {
  const unused = info.modes.find((mode) => !state.systems.some((each) => each.mode === mode));
  state.systems.push({ mode: unused ?? info.modes[0], rerank: "" });
  column = state.systems.length - 1;
  ask();
}

start();
