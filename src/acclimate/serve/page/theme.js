// Runs before the first paint, so that a chosen theme does not flash.
"use strict";
const themes = ["auto", "light", "dark"];

function chosenTheme() {
  try {
    const kept = localStorage.getItem("theme");
    return themes.includes(kept) ? kept : "auto";
  } catch {
    return "auto"; // storage is switched off
  }
}

function showTheme(theme) {
  if (theme === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  const button = document.getElementById("theme");
  if (button) button.textContent = `Theme: ${theme}`;
}

showTheme(chosenTheme());
document.addEventListener("DOMContentLoaded", () => {
  showTheme(chosenTheme());
  document.getElementById("theme").addEventListener("click", () => {
    const next = themes[(themes.indexOf(chosenTheme()) + 1) % themes.length];
    try {
      localStorage.setItem("theme", next);
    } catch {
      // Then it holds for this page only.
    }
    showTheme(next);
  });
});
