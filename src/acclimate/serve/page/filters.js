// Conditions on metadata: built from parts, and written out where they can be changed.
import { byId, el } from "./dom.js";
import { counted } from "./words.js";

const KEYWORDS = new Set(["and", "or", "not", "in", "is", "null", "contains", "true", "false"]);
// Every passage has these, whatever its metadata.
const OWN = ["id", "title", "document_id", "place"];
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;

export function condition(field, operator, value) {
  const name = named(field);
  if (operator.startsWith("is ")) return `${name} ${operator}`;
  if (operator === "contains") return `${name} contains ${quoted(value)}`;
  if (operator === "in") {
    return `${name} in (${value.split(",").map((each) => literal(each.trim())).join(", ")})`;
  }
  return `${name} ${operator} ${literal(value.trim())}`;
}

function named(field) {
  const bare = /^[\p{L}\p{N}_.-]+$/u.test(field) && !KEYWORDS.has(field.toLowerCase());
  return bare && !NUMBER.test(field) ? field : `\`${field.replaceAll("`", "``")}\``;
}

function literal(value) {
  return NUMBER.test(value) || value === "true" || value === "false" ? value : quoted(value);
}

function quoted(value) {
  return `'${value.replaceAll("'", "''")}'`;
}

// `fields` says how many passages have each; `apply` searches anew.
export function setUpFilters(fields, apply) {
  const known = Object.entries(fields).map(([name, many]) =>
    el("option", { value: name, label: `${name}: ${counted(many, "passage")}` }));
  const own = OWN.map((name) => el("option", { value: name }));
  byId("filter-fields").replaceChildren(...known, ...own);
  byId("filters-toggle").addEventListener("click", () => openFilters(byId("filters").hidden));
  byId("filter-operator").addEventListener("change", () => {
    byId("filter-value").disabled = byId("filter-operator").value.startsWith("is ");
  });
  byId("filter-add").addEventListener("click", () => add(apply));
  for (const id of ["filter-field", "filter-value"]) {
    byId(id).addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      event.preventDefault(); // the form would search without the condition
      add(apply);
    });
  }
  byId("filter-clear").addEventListener("click", () => {
    byId("where").value = "";
    apply();
  });
}

export function openFilters(open) {
  byId("filters").hidden = !open;
  byId("filters-toggle").setAttribute("aria-expanded", String(open));
}

function add(apply) {
  const field = byId("filter-field");
  if (!field.value.trim()) {
    field.focus();
    return;
  }
  const one = condition(field.value.trim(), byId("filter-operator").value, byId("filter-value").value);
  const where = byId("where").value.trim();
  // An "or" already there would otherwise swallow what is added.
  byId("where").value = !where ? one : / or /i.test(where) ? `(${where}) and ${one}` : `${where} and ${one}`;
  byId("filter-value").value = "";
  apply();
}
