// How systems are called.
import { shortModel } from "./words.js";

const NAMES = {
  dense: "Dense",
  lexical: "BM25",
  sparse: "Learned sparse",
  late: "Late interaction",
  hybrid: "Hybrid",
  "hybrid:rrf": "Hybrid by ranks",
};

export function modeName(mode, info) {
  if (mode === "dense") {
    const model = info.models?.[0];
    return model ? `Dense: ${shortModel(model)}` : "Dense";
  }
  if (mode.startsWith("dense:")) return `Dense: ${shortModel(mode.slice(6))}`;
  return NAMES[mode] ?? mode;
}

export function systemName(system, info) {
  const name = modeName(system.mode, info);
  return system.rerank ? `${name}, re-ranked` : name;
}

// What a stage of a search is called: kinds of index, re-rankers, and the writing of reasons.
export function stageName(stage) {
  if (/^dense-\d+$/.test(stage)) return NAMES.dense; // a further model of the index
  if (NAMES[stage]) return NAMES[stage];
  const [kind, ...rest] = stage.split(":");
  return rest.length ? `${NAMES[kind] ?? kind} ${shortModel(rest.join(":"))}` : stage;
}
