// The right panel's texts: the window under the cursor in numbers, and the file's own annotations.

import { length } from "./clock.mjs";
import { element } from "./findings.mjs";
import { CLASSES, CODES } from "./paint.mjs";

const LISTED = 300;      // annotations as DOM nodes; the rest is on the EEG and the overview

export function showWindow(place, ribbon, index, clock) {
  if (!ribbon) return place.replaceChildren(words("No probabilities: this recording has no analysis yet."));
  if (index < 0) return place.replaceChildren(words("No window of the model lies here."));
  const start = ribbon.startS[index], title = `${clock.time(start)} – ${clock.time(start + ribbon.labelS)}`;
  if (!ribbon.assessed[index]) return place.replaceChildren(words(`${title}: not assessed.`));
  const table = element("table", { className: "viewer-probs" });
  table.append(element("caption", { textContent: title }));
  CLASSES.forEach((name, c) => table.append(row(name, ribbon.prob[index * ribbon.classes + c] / 65535)));
  place.replaceChildren(table);
}

function row(name, prob) {
  const line = element("tr"), meter = element("td", { className: "viewer-meter" });
  const bar = element("span", { className: `class-${name}` });
  bar.style.width = `${(prob * 100).toFixed(1)}%`;
  meter.append(bar);
  const head = element("th", { scope: "row", textContent: CODES[name] === "O" ? "Other" : CODES[name] });
  line.append(head, element("td", { className: "viewer-number", textContent: prob.toFixed(2) }), meter);
  return line;
}

export function showNotes(list, notes, clock, go) {
  list.replaceChildren(...notes.slice(0, LISTED).map((note) => {
    const item = element("li"), long = note.duration ? ` (${length(note.duration)})` : "";
    const button = element("button", { type: "button", textContent: `${clock.time(note.onset)}  ${note.text}${long}` });
    button.addEventListener("click", (click) => { if (click.detail) button.blur(); go(note); });
    item.append(button);
    return item;
  }));
  if (!notes.length) list.append(element("li", { className: "viewer-quiet", textContent: "The file has no annotations." }));
  if (notes.length > LISTED) list.append(element("li", { className: "viewer-quiet", textContent: `The first ${LISTED} of ${notes.length} are listed.` }));
}

function words(textContent) {
  return element("p", { className: "viewer-quiet", textContent });
}
