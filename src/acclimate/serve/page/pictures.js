// Pictures in hits, and a picture as the query: chosen, dropped or pasted.
import { getFile, hasKey } from "./api.js";
import { byId, el } from "./dom.js";

// A hit's picture. Its caption, or what its file is called, is told to those who do not see it.
export function pictureOf(passage) {
  if (!passage.image) return null;
  const told = passage.text || passage.title || passage.id;
  if (!hasKey()) return el("img", { src: passage.image, alt: told, loading: "lazy", class: "thumb" });
  // An image of the page could not send the key.
  const canvas = el("canvas", { role: "img", "aria-label": told, class: "thumb" });
  getFile(passage.image).then((file) => draw(file, canvas, 256)).catch(() => {});
  return canvas;
}

// `chosen(file)` is called with each new picture, and with null where it is taken away.
export function setUpPictures(chosen) {
  byId("picture").hidden = false;
  byId("picture-file").addEventListener("change", () => {
    const [file] = byId("picture-file").files;
    byId("picture-file").value = ""; // the same file may be chosen again
    if (file) chosen(file);
  });
  byId("picture-remove").addEventListener("click", () => {
    chosen(null);
    byId("query").focus();
  });
  document.addEventListener("paste", (event) => {
    const file = [...event.clipboardData.files].find((each) => each.type.startsWith("image/"));
    if (!file) return;
    event.preventDefault();
    chosen(file);
  });
  listenToDrops(chosen);
}

// What is chosen now, beside the query.
export function showChosen(file) {
  byId("picture-chosen").hidden = !file;
  byId("picture-hint").hidden = Boolean(file);
  byId("picture-name").textContent = file ? file.name || "a pasted picture" : "";
  const canvas = byId("picture-preview");
  canvas.hidden = true;
  if (file) draw(file, canvas, 48).catch(() => {}); // a browser does not know every kind
}

function listenToDrops(chosen) {
  const mark = (on) => document.body.classList.toggle("dropping", on);
  const holdsFiles = (event) => event.dataTransfer?.types.includes("Files");
  document.addEventListener("dragover", (event) => {
    if (!holdsFiles(event)) return;
    event.preventDefault(); // else the browser would open the file instead of the page
    mark(true);
  });
  document.addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) mark(false);
  });
  document.addEventListener("drop", (event) => {
    mark(false);
    if (!holdsFiles(event)) return;
    event.preventDefault();
    if (event.dataTransfer.files[0]) chosen(event.dataTransfer.files[0]);
  });
}

// Drawn, because the page's policy allows images from the service alone.
async function draw(file, canvas, longest) {
  const image = await createImageBitmap(file);
  const scale = Math.min(1, longest / Math.max(image.width, image.height));
  canvas.width = Math.max(1, Math.round(image.width * scale));
  canvas.height = Math.max(1, Math.round(image.height * scale));
  canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
  canvas.hidden = false;
}
