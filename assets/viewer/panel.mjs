// The right panel: the window under the cursor in numbers, and the file's own annotations.

const LISTED = 300;      // annotations as DOM nodes; all of them are on the EEG and the overview

/** Fill the table of six probabilities with those of one span (-1: none lies there). */
export function showWindow(table, ribbon, index, clock) {
  const start = ribbon?.startS[index], assessed = index >= 0 && ribbon.assessed[index];
  const title = index >= 0 ? `${clock.time(start)} – ${clock.time(start + ribbon.labelS)}` : "No window of the model here";
  table.caption.textContent = index >= 0 && !assessed ? `${title}: not assessed` : title;
  [...table.rows].forEach(({ cells }, c) => {
    const prob = assessed ? ribbon.prob[index * ribbon.classes + c] / 65535 : 0;
    cells[1].textContent = assessed ? prob.toFixed(2) : "–";
    cells[2].firstElementChild.style.width = `${prob * 100}%`;
  });
}

export function showNotes(list, notes, clock, go) {
  const made = (name, properties) => Object.assign(document.createElement(name), properties), more = notes.length > LISTED;
  const buttons = notes.slice(0, LISTED).map((note) => made("button", { type: "button", textContent: `${clock.time(note.onset)}  ${note.text}`, onclick: () => go(note) }));
  const last = more ? [`The first ${LISTED} of ${notes.length} are listed.`] : notes.length ? [] : ["The file has none."];
  list.replaceChildren(...[...buttons, ...last].map((content) => { const item = made("li"); item.append(content); return item; }));
}
