// Shows a refusal: what, where and what to do about it.
import { keepKey } from "./api.js";
import { byId, el } from "./dom.js";

export function showError(error, again) {
  const box = byId("error");
  // Many messages begin with the field that they are about.
  const named = error.field && !error.message.startsWith(error.field);
  const field = named ? el("code", {}, error.field) : null;
  const wait = error.wait ? ` Try again in ${error.wait} s.` : "";
  const key = error.status === 401 || error.status === 403 ? keyField(again) : null;
  const retry = el("button", { type: "button" }, "Try again");
  retry.addEventListener("click", again);
  box.replaceChildren(
    el("p", {}, el("strong", {}, "Not answered. "), field ?? "", field ? ": " : "",
      sentence(error.message)),
    el("p", {}, error.remedy ? sentence(error.remedy) : "", wait),
    key ?? retry,
  );
  box.hidden = false;
}

export function clearError() {
  byId("error").hidden = true;
  byId("error").replaceChildren();
}

function keyField(again) {
  const input = el("input", { type: "password", name: "key", autocomplete: "off" });
  const form = el("form", {}, el("label", {}, "Key ", input), " ",
    el("button", { type: "submit" }, "Use it"));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    keepKey(input.value);
    again();
  });
  return form;
}

function sentence(text) {
  const whole = /[.!?]$/.test(text) ? text : `${text}.`;
  return whole.charAt(0).toUpperCase() + whole.slice(1);
}
