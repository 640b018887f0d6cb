// What is asked for lives in the address, so that a link shows the same again.

const MOST = 4;

// A system is written MODE or MODE~RERANKER.
export function systemOf(written) {
  const [mode, ...rest] = written.split("~");
  return { mode, rerank: rest.join("~") };
}

export function writtenOf(system) {
  return system.rerank ? `${system.mode}~${system.rerank}` : system.mode;
}

export function readState(modes) {
  const given = new URLSearchParams(location.search);
  const systems = given.getAll("c").slice(0, MOST).map(systemOf);
  return {
    query: given.get("q") ?? "",
    where: given.get("where") ?? "",
    k: Math.max(1, Number.parseInt(given.get("k") ?? "10", 10) || 10),
    systems: systems.length ? systems : firstSystems(modes),
  };
}

export function writeState(state, replace) {
  const said = new URLSearchParams();
  if (state.query) said.set("q", state.query);
  if (state.where) said.set("where", state.where);
  if (state.k !== 10) said.set("k", String(state.k));
  for (const system of state.systems) said.append("c", writtenOf(system));
  const address = `?${said}`;
  if (address === location.search) return;
  if (replace) history.replaceState(null, "", address);
  else history.pushState(null, "", address);
}

export function canAdd(state) {
  return state.systems.length < MOST;
}

// Words, then the models in the order in which the index names them last to first, so that the
// model before its adaptation stands left of the adapted one, then what the index does best.
function firstSystems(modes) {
  const dense = modes.filter((mode) => mode === "dense" || mode.startsWith("dense:")).reverse();
  const others = modes.filter((mode) => !dense.includes(mode) && mode !== "lexical" && !mode.startsWith("hybrid"));
  const wanted = ["lexical", ...dense.slice(-2), "hybrid", ...others];
  const chosen = wanted.filter((mode) => modes.includes(mode)).slice(0, MOST);
  return chosen.map((mode) => ({ mode, rerank: "" }));
}
