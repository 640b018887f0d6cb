// The second view: what an adaptation made, and the queries that it learned from.
import { get } from "./api.js";
import { bar, byId, el, unseen } from "./dom.js";
import { clearError, showError } from "./errors.js";
import { count, counted, duration, figure, percent, shortModel, signed } from "./words.js";

const LIMIT = 20;
// Later stages count pairs, which cannot stand beside queries.
const QUERY_STAGES = new Set(["generate", "sentences", "imported-queries", "filter", "mine"]);

let offset = 0;
let asking = new AbortController();

async function start() {
  byId("look").addEventListener("submit", (event) => {
    event.preventDefault();
    look(0);
  });
  byId("sort").addEventListener("change", () => look(0));
  byId("before").addEventListener("click", () => look(offset - LIMIT));
  byId("after").addEventListener("click", () => look(offset + LIMIT));
  window.addEventListener("popstate", restore);
  document.addEventListener("keydown", key);
  await open();
}

async function open() {
  try {
    const found = await get("run");
    clearError();
    showFound(found);
  } catch (error) {
    showError(error, open);
    return;
  }
  byId("found").hidden = false;
  await restore();
}

function restore() {
  const given = new URLSearchParams(location.search);
  byId("search").value = given.get("q") ?? "";
  byId("sort").value = given.get("sort") ?? "doubtful";
  if (!byId("sort").value) byId("sort").value = "doubtful";
  offset = Math.max(0, Number.parseInt(given.get("from") ?? "0", 10) || 0);
  return fetchRows();
}

function look(from) {
  offset = Math.max(0, from);
  const said = new URLSearchParams();
  if (byId("search").value.trim()) said.set("q", byId("search").value.trim());
  if (byId("sort").value !== "doubtful") said.set("sort", byId("sort").value);
  if (offset) said.set("from", String(offset));
  history.pushState(null, "", `?${said}`);
  return fetchRows();
}

async function fetchRows() {
  asking.abort();
  asking = new AbortController();
  const said = new URLSearchParams({
    offset, limit: LIMIT, search: byId("search").value.trim(), sort: byId("sort").value,
  });
  try {
    const page = await get(`run/queries?${said}`, asking.signal);
    clearError();
    showRows(page);
  } catch (error) {
    if (error.name !== "AbortError") showError(error, fetchRows);
  }
}

function showFound(found) {
  byId("name").textContent = found.name;
  document.title = `${found.name} – Acclimate`;
  byId("verdict").textContent = found.verdict;
  const facts = [
    ["Use from now on", shortModel(found.recommended), found.recommended],
    ["Adapted from", shortModel(found.student), found.student],
    ["Corpus", `${found.corpus}, ${counted(found.passages, "passage")}`],
    ["Recipe", found.recipe],
  ];
  byId("facts").replaceChildren(
    ...facts.map(([name, value, whole]) =>
      el("div", {}, el("dt", {}, name), el("dd", { title: whole }, value))),
    found.report
      ? el("div", {}, el("dt", {}, "All of it"), el("dd", {}, el("a", { href: "run/report" }, "the report")))
      : "");
  showFunnel(found.stages.filter((stage) => QUERY_STAGES.has(stage.name)));
  showCheck(found);
  showMargins(found.margins);
}

function showFunnel(stages) {
  const lost = (stage) => Object.values(stage.counts).reduce((sum, each) => sum + each, 0);
  const most = Math.max(1, ...stages.map((stage) => stage.rows + lost(stage)));
  byId("funnel").replaceChildren(...stages.map((stage) => {
    const reasons = Object.entries(stage.counts)
      .filter(([, many]) => many).map(([why, many]) => `${count(many)} ${why}`);
    const both = bar(stage.rows / most);
    both.append(bar(lost(stage) / most, "dropped").firstChild);
    return el("li", {},
      el("p", {}, el("strong", {}, stage.name), ` ${count(stage.rows)} kept`,
        el("span", { class: "soft" }, ` in ${duration(stage.seconds)}`)),
      both,
      reasons.length ? el("p", { class: "soft" }, `dropped: ${reasons.join(", ")}`) : null);
  }));
}

function showCheck(found) {
  const cell = (share) => share
    ? el("td", {}, percent(share.value), bar(share.value),
      el("span", { class: "soft range" }, `${percent(share.low)} to ${percent(share.high)}`))
    : el("td", {}, "–");
  const rows = found.check.map((each) => el("tr", { class: each.teacher ? "here" : null },
    el("th", { scope: "row", title: each.name }, each.name.split(" + ").map(shortModel).join(" + "),
      each.teacher ? el("span", { class: "soft" }, " teacher") : null),
    cell(each.over_random), cell(each.over_mined)));
  byId("check").replaceChildren(
    found.warning ? el("p", { class: "warning", role: "note" }, el("strong", {}, "Warning: "), found.warning) : "",
    el("table", {},
      el("caption", { class: "unseen" }, "Share of passages that the own one is put above, with 95% interval"),
      el("thead", {}, el("tr", {}, ...["Scorer", "Over random", "Over mined"].map((each) =>
        el("th", { scope: "col" }, each)))),
      el("tbody", {}, ...rows)));
}

function showMargins(margins) {
  if (!margins) {
    byId("margins").replaceChildren(el("p", { class: "soft" }, "This run kept no margins."));
    return;
  }
  const most = Math.max(...margins.bins.map((each) => each.count));
  const below = margins.bins[0].high <= 0;
  const columns = margins.bins.map((each) => {
    const column = el("span", { class: each.high <= 0 ? "below" : "",
      title: `${figure(each.low)} to ${figure(each.high)}: ${count(each.count)}` });
    column.style.blockSize = `${Math.max(each.count ? 2 : 0, (100 * each.count) / most)}%`;
    return column;
  });
  byId("margins").replaceChildren(
    el("p", { class: "soft" }, `How far the teacher puts the own passage ahead, over ${counted(margins.pairs, "pair")}. `,
      el("strong", {}, percent(margins.below_zero)), ` of the negatives are put above it${below ? " (striped)" : ""}.`),
    el("div", { class: "histogram", "aria-hidden": "true" }, ...columns),
    el("div", { class: "axis" }, el("span", {}, unseen("Margins from "), figure(margins.bins[0].low, 1)),
      el("span", {}, unseen(" to "), figure(margins.bins.at(-1).high, 1))));
}

function showRows(page) {
  const last = Math.min(page.total, page.offset + page.rows.length);
  const span = page.rows.length ? `${count(page.offset + 1)} to ${count(last)} of ` : "";
  byId("status").textContent = `${span}${counted(page.total, "query", "queries")}`;
  byId("rows").replaceChildren(...page.rows.map((row, place) => queryRow(row, place === 0)));
  byId("pages").hidden = page.total <= LIMIT && page.offset === 0;
  byId("where-in").textContent = `${span}${count(page.total)}`;
  byId("before").disabled = page.offset === 0;
  byId("after").disabled = last >= page.total;
}

function queryRow(row, open) {
  const margin = row.margin === null ? null : el("span", { class: "margin" }, unseen("smallest margin "), signed(row.margin));
  return el("li", {}, el("details", { open },
    el("summary", {}, el("span", { class: "query" }, row.text),
      row.style ? el("span", { class: "chip" }, row.style) : null, margin),
    el("ol", { class: "candidates" },
      candidate(row.positive, "own passage", "positive"),
      ...row.negatives.map((each) => candidate(each, each.found_by.join(", ") || "negative", "negative"))),
    row.negatives.length < row.negatives_total
      ? el("p", { class: "soft" }, `${count(row.negatives_total - row.negatives.length)} more negatives are not shown.`)
      : null));
}

function candidate({ passage, label, margin }, role, kind) {
  const numbers = [];
  if (margin !== null) numbers.push(el("span", { class: margin < 0 ? "below" : "" }, unseen("margin "), signed(margin)));
  if (label !== null) numbers.push(el("span", { class: "soft" }, `label ${figure(label)}`));
  return el("li", { class: kind },
    el("div", { class: "numbers" }, ...numbers),
    el("div", {},
      el("p", { class: "head" }, el("strong", {}, passage.title || passage.id), " ", el("span", { class: "chip" }, role)),
      el("p", { class: "body" }, passage.text)));
}

function key(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input, select")) return;
  const rows = [...document.querySelectorAll("#rows summary")];
  const at = rows.indexOf(document.activeElement);
  const by = { j: 1, ArrowDown: at < 0 ? 0 : 1, k: -1, ArrowUp: at < 0 ? 0 : -1 }[event.key];
  if (event.key === "/") byId("search").focus();
  else if (by) rows[Math.max(0, Math.min(rows.length - 1, at + by))]?.focus();
  else return;
  event.preventDefault();
}

start();
