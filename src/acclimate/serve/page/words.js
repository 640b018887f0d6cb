// Numbers and texts as people read them.

export function figure(value, digits = 2) {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  const rounded = Number(value.toFixed(digits)) + 0;
  return rounded.toFixed(digits).replace("-", "−");
}

export function signed(value, digits = 2) {
  const shown = figure(value, digits);
  return Number(Number(value).toFixed(digits)) > 0 ? `+${shown}` : shown;
}

// A score has as many digits as tell it from its neighbours on most scales.
export function score(value) {
  const size = Math.abs(value);
  return figure(value, size >= 100 ? 1 : size >= 1 ? 2 : 3);
}

export function count(number) {
  return number.toLocaleString("en");
}

export function counted(number, noun, nouns = `${noun}s`) {
  return `${count(number)} ${number === 1 ? noun : nouns}`;
}

export function percent(share) {
  return `${figure(100 * share, 1)}%`;
}

export function duration(seconds) {
  if (seconds < 60) return `${figure(seconds, 1)} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
  return `${Math.floor(seconds / 3600)} h ${Math.round((seconds % 3600) / 60)} min`;
}

export function milliseconds(value) {
  return value >= 1000 ? `${figure(value / 1000, 2)} s` : `${figure(value, value < 10 ? 1 : 0)} ms`;
}

// The end of a model's name is what tells it from others.
export function shortModel(name) {
  const parts = name.split("/").filter(Boolean);
  const last = parts.at(-1) ?? name;
  // The folder of an adapted model is always called "model"; its run says more.
  return last === "model" && parts.length > 1 ? `${parts.at(-2)}/model` : last;
}
