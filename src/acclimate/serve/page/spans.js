// Spans of the service count characters (code points), JavaScript's strings count UTF-16 units.
import { el } from "./dom.js";

// The text with its marks highlighted.
export function marked(text, marks) {
  const characters = Array.from(text);
  const parts = [];
  let end = 0;
  for (const mark of marks) {
    if (mark.start < end || mark.end > characters.length) continue;
    parts.push(characters.slice(end, mark.start).join(""));
    parts.push(el("mark", {}, characters.slice(mark.start, mark.end).join("")));
    end = mark.end;
  }
  parts.push(characters.slice(end).join(""));
  return parts;
}

// From 0 (less than a fifth of what the heaviest word carries) to 4, negative for words against.
function stepOf(weight, most) {
  return most ? Math.sign(weight) * Math.min(4, Math.trunc((5 * Math.abs(weight)) / most)) : 0;
}

// Part of the text, each word shaded by how much of the score it carried.
export function shaded(text, words, from, to) {
  const characters = Array.from(text);
  const most = Math.max(...words.map((word) => Math.abs(word.weight)), 0);
  const parts = [];
  let end = from;
  for (const { word, span, weight } of words) {
    const inside = span.start >= end && span.end <= to;
    if (!inside || characters.slice(span.start, span.end).join("") !== word) continue;
    const step = stepOf(weight, most);
    parts.push(characters.slice(end, span.start).join(""));
    parts.push(step ? el("span", { class: `w${step}` }, word) : word);
    end = span.end;
  }
  parts.push(characters.slice(end, to).join(""));
  return parts;
}

// What every model reads of a passage, and where its body begins in it.
export function content(passage) {
  if (!passage.title) return { text: passage.text, body: 0 };
  return {
    text: `${passage.title} ${passage.text}`.trim(),
    body: Array.from(passage.title.trimStart()).length,
  };
}
