// Readers' annotations on the EEG: a shaded span (or a line) with dashed borders, on all traces or one, and a tag below with who wrote it.
import { text, withAlpha } from "./paint.mjs";

const TAG_PX = 18, LANES = 3, REACH_PX = 5;      // how near to a border a pointer takes hold of it

/** The traces of a channel: of that name, or else those with one of its electrodes. */
function tracesOf(names, channel) {
  const every = names.map((_, i) => i), same = every.filter((i) => names[i] === channel);
  return same.length || !channel ? same : every.filter((i) => names[i].split("-").some((part) => channel.split("-").includes(part)));
}

/** Draw those of a page; returns where they can be taken hold of. */
export function drawNotes(ctx, geo, { colors: { own, paper }, pxPerMm, uvPerMm }, names, notes, chosen) {
  const free = Array(LANES).fill(geo.left), bar = [geo.right - geo.pxPerS - 60, 30 + Math.min(geo.plotH / 3, (100 * pxPerMm) / uvPerMm)];     // the calibration bar stays free
  return notes.map((note) => {
    const begin = geo.x(note.start), end = geo.x(note.stop ?? note.start), left = Math.max(geo.left, begin), width = Math.max(1, Math.min(geo.right, end) - left), held = note === chosen;
    const traces = tracesOf(names, note.channel), boxes = traces.length ? traces.map((i) => [geo.rows[i] - geo.row / 2, geo.row]) : [[geo.top, geo.plotH]];
    Object.assign(ctx, { strokeStyle: own, lineWidth: held ? 2.5 : 1.2, fillStyle: withAlpha(own, held ? 0.2 : 0.1) });
    ctx.setLineDash(held ? [] : [5, 3]);
    ctx.beginPath();
    for (const [y, height] of boxes) {
      ctx.fillRect(left, y, width, height);
      for (const x of [begin, end]) if (x >= geo.left - 1 && x <= geo.right + 1) { ctx.moveTo(x, y); ctx.lineTo(x, y + height); }
    }
    ctx.stroke();
    ctx.setLineDash([]);
    const { label, comment, channel, author, pending } = note, said = [label, comment.slice(0, 48)].filter(Boolean).join(": ");
    return { note, begin, end, tag: drawTag(ctx, geo, free, bar, left, [said, channel, pending ? "saving …" : author].filter(Boolean).join(" · "), held ? [own, own, paper] : [own, paper, own]) };
  });
}

/** A tag in the lowest lane that is free there; null where there is no room, or nothing to tell apart. */
function drawTag(ctx, geo, free, bar, left, words, [strokeStyle, fillStyle, color]) {
  Object.assign(ctx, { font: "11px system-ui, sans-serif", strokeStyle, fillStyle, lineWidth: 1 });
  const width = ctx.measureText(words).width + 8, beside = left < bar[0], x = Math.max(geo.left, Math.min(left, (beside ? bar[0] : geo.right) - width));
  const lane = free.findIndex((from) => from <= x), y = geo.bottom - 6 - (lane + 1) * TAG_PX - (beside ? 0 : bar[1]);
  if (lane < 0) return null;
  free[lane] = x + width + 4;
  ctx.fillRect(x, y, width, TAG_PX - 2);
  ctx.strokeRect(x + 0.5, y + 0.5, width - 1, TAG_PX - 3);
  text(ctx, words, x + 4, y + TAG_PX / 2 - 0.5, { color });
  return [x, y, x + width, y + TAG_PX];
}

/** What lies under the pointer: the tag of any, by which it is taken as a whole, or a border of the chosen one. */
export function gripAt(drawn, chosen, x, y) {
  const held = drawn.find(({ note }) => note === chosen), near = (at) => Math.abs(at - x) <= REACH_PX, tagged = drawn.find(({ tag }) => tag && x >= tag[0] && x <= tag[2] && y >= tag[1] && y <= tag[3]);
  if (tagged) return { note: tagged.note, side: "whole" };
  return held && (near(held.begin) || near(held.end)) ? { note: chosen, side: chosen.stop === null ? "whole" : near(held.end) ? "end" : "begin" } : null;
}

/** Marks of thousands on one line of the overview: each column once. */
export function drawPooled(ctx, axis, spans, y, height, fillStyle) {
  const columns = new Uint8Array(Math.ceil(axis.plotW) + 2), parts = spans.map(([from, to]) => axis.clip(from, Math.max(to, from + 0.001), 1.5)).filter(Boolean);
  for (const [left, width] of parts) columns.fill(1, Math.floor(left - axis.left), Math.ceil(left + width - axis.left));
  Object.assign(ctx, { fillStyle });
  columns.forEach((on, column) => on && ctx.fillRect(axis.left + column, y, 1, height));
}
