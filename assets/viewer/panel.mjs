// The right panel: the window under the cursor in numbers.

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
