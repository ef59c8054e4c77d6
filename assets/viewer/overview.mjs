// The whole recording (or a part) on one time axis: winner strip, six-row probability ribbon, uncertainty, events, annotations, gaps.
import { GUTTER, RIGHT } from "./eeg.mjs";
import { drawPooled } from "./notes_drawn.mjs";
import { axisTimes, CLASSES, CODES, hatch, strokes, text, withAlpha } from "./paint.mjs";

const WINNER = 8, ROW = 11, TOP = WINNER + 2, DOUBT = TOP + 6 * ROW, ROWS = DOUBT + 14, EVENTS = ROWS + 2, READER = EVENTS + 8, NOTES = READER + 10, AXIS = 16;

/** The time axis that ribbon, spectrogram and view box share. */
export function axisOf(startS, stopS, width) {
  const plotW = Math.max(50, width - GUTTER - RIGHT), left = GUTTER, right = left + plotW, spanS = Math.max(1, stopS - startS);
  const x = (seconds) => left + ((seconds - startS) / spanS) * plotW, seconds = (at) => startS + ((at - left) / plotW) * spanS;
  /** Visible part of a span as [left, width], at least `least` wide, or null. */
  const clip = (from, to, least = 0) => {
    const begin = Math.max(left, x(from));
    return to > startS && from < stopS ? [begin, Math.max(Math.min(right, x(to)) - begin, least)] : null;
  };
  return { startS, stopS, left, right, plotW, x, seconds, clip };
}

const known = new WeakMap(), pools = new WeakMap();      // of a ribbon: its windows, and how it was pooled last for which axis

/** Of every window where it begins and ends, its highest probability, and its doubt (entropy: 0 = certain, 1 = all classes alike). */
function windowsOf(ribbon) {
  const { classes, count, prob } = ribbon, [from, to, top, doubt] = Array.from({ length: 4 }, () => new Float32Array(count)), most = Math.log(classes);
  for (let i = 0; i < count; i++) {
    [from[i], to[i]] = stretchOf(ribbon, i);
    for (let c = 0; c < classes; c++) {
      const p = prob[i * classes + c] / 65535;
      if (p > 0) doubt[i] -= (p * Math.log(p)) / most;
      if (p > top[i]) top[i] = p;
    }
  }
  return { from, to, top, doubt };
}

/**
 * What a pixel column shows: of the seizure row the highest probability in it, so that ten seconds never vanish in 24 hours, of the
 * others the mean; the greatest doubt, and the share of unsure windows. `n` counts assessed windows, `seen` marks all.
 */
function pooled(ribbon, { startS, stopS, plotW }, unsureBelow) {
  if (!known.has(ribbon)) known.set(ribbon, windowsOf(ribbon));
  const columns = Math.ceil(plotW), { classes, count, prob, assessed } = ribbon, { from, to, top, doubt: doubtOf } = known.get(ribbon), perS = plotW / (stopS - startS);
  const [n, seen, doubt, unsure, ...rows] = Array.from({ length: classes + 4 }, () => new Float32Array(columns));
  for (let i = 0; i < count; i++) {
    if (to[i] <= startS || from[i] >= stopS) continue;
    const first = Math.max(0, Math.floor((from[i] - startS) * perS)), last = Math.min(columns - 1, Math.max(first, Math.ceil((to[i] - startS) * perS) - 1));
    for (let at = first; at <= last; at++) {
      seen[at] = 1;
      if (!assessed[i]) continue;
      n[at]++;
      rows[0][at] = Math.max(rows[0][at], prob[i * classes] / 65535);      // the first class is seizure
      for (let c = 1; c < classes; c++) rows[c][at] += prob[i * classes + c] / 65535;
      doubt[at] = Math.max(doubt[at], doubtOf[i]);
      if (top[i] < unsureBelow) unsure[at]++;
    }
  }
  for (const row of [...rows.slice(1), unsure]) for (let at = 0; at < columns; at++) row[at] /= Math.max(1, n[at]);
  return { columns, rows, doubt, unsure, n, seen };
}

/** The seconds that a span stands for alone: spans overlap where the step is shorter than the label. */
function stretchOf({ startS, stepS, labelS, count }, i) {
  const edge = Math.max(0, (labelS - stepS) / 2), joined = (j) => j >= 0 && j < count && Math.abs(startS[j] - startS[i]) <= stepS * 1.01;
  return [startS[i] + (joined(i - 1) ? edge : 0), startS[i] + labelS - (joined(i + 1) ? edge : 0)];
}

/** Index of the span whose middle is nearest to a moment; -1 if none holds it. */
export function spanAt(ribbon, seconds) {
  let found = -1, nearest = (ribbon?.labelS ?? 0) / 2 + 1e-6;
  for (let i = 0; i < (ribbon?.count ?? 0); i++) {
    const distance = Math.abs(ribbon.startS[i] + ribbon.labelS / 2 - seconds);
    if (distance < nearest) [nearest, found] = [distance, i];
  }
  return found;
}

/** The middle of the next assessed window after a moment in which no class reaches `limit`; NaN if there is none. */
export function unsureAfter(ribbon, seconds, limit) {
  for (let i = 0; i < (ribbon?.count ?? 0); i++) {
    const row = ribbon.prob.subarray(i * ribbon.classes, (i + 1) * ribbon.classes), middle = ribbon.startS[i] + ribbon.labelS / 2;
    if (middle > seconds + 1 && ribbon.assessed[i] && Math.max(...row) / 65535 < limit) return middle;
  }
  return NaN;
}

export function drawOverview(ctx, axis, height, { ribbon, gaps, suggested, events, annotations, readers, colors, clock, unsureBelow }) {
  CLASSES.forEach((name, c) => text(ctx, CODES[name], GUTTER - 6, TOP + (c + 0.5) * ROW, { color: colors.classes[name], size: 10, align: "right", weight: "bold" }));
  Object.assign(ctx, { strokeStyle: colors.grid, lineWidth: 1 });
  ctx.strokeRect(axis.left + 0.5, TOP + 0.5, axis.plotW - 1, 6 * ROW);
  if (ribbon) text(ctx, "doubt", GUTTER - 6, (DOUBT + ROWS) / 2, { color: colors.label, size: 10, align: "right" });
  if (ribbon) drawRibbon(ctx, axis, ribbon, colors, unsureBelow);
  drawGaps(ctx, axis, gaps, ROWS, colors);
  for (const { start, stop, pattern } of suggested) {
    const part = axis.clip(start, stop, 3);
    ctx.fillStyle = colors.classes[pattern];
    if (part) ctx.fillRect(part[0], EVENTS, part[1], 6);
  }
  drawReader(ctx, axis, events, colors);
  drawPooled(ctx, axis, annotations.map(({ onset }) => [onset, onset]), NOTES, 4, colors.mark);
  drawPooled(ctx, axis, readers.map(({ start, stop }) => [start, stop ?? start]), NOTES + 5, 4, colors.own);
  axisTimes(ctx, clock, axis.startS, axis.stopS, axis.left, axis.right, height - AXIS / 2, colors.label, 10);
}

/** What readers decided: filled = stands, empty with a cross = dismissed, hatched = unsure. */
function drawReader(ctx, axis, events, colors) {
  for (const [words, top] of [["model", EVENTS + 2], ["reader", READER + 4]]) text(ctx, words, GUTTER - 6, top, { color: colors.label, size: 9, align: "right" });
  strokes(ctx, [[[axis.left, READER + 9.5], [axis.right, READER + 9.5]]], colors.grid, 1);
  for (const { start, stop, pattern, decision } of events) {
    const part = decision && axis.clip(start, stop, 4), color = colors.classes[pattern], middle = part && part[0] + part[1] / 2;
    if (!part) continue;
    Object.assign(ctx, { fillStyle: color, strokeStyle: color, lineWidth: 1 });
    if (decision === "accepted") ctx.fillRect(part[0], READER, part[1], 9);
    else ctx.strokeRect(part[0] + 0.5, READER + 0.5, part[1] - 1, 8);
    if (decision === "unsure") hatch(ctx, part[0], READER, part[1], 9, color, 4);
    if (decision === "dismissed") strokes(ctx, [[[middle - 3, READER + 1.5], [middle + 3, READER + 7.5]], [[middle - 3, READER + 7.5], [middle + 3, READER + 1.5]]], colors.label, 1.2);
  }
}

function drawRibbon(ctx, axis, ribbon, colors, unsureBelow) {
  const key = [axis.startS, axis.stopS, axis.plotW].join(), kept = pools.get(ribbon), pool = kept?.key === key ? kept.pool : pooled(ribbon, axis, unsureBelow);
  pools.set(ribbon, { key, pool });
  const { columns, rows, doubt, unsure, n, seen } = pool, image = new ImageData(columns, 1 + rows.length), small = new OffscreenCanvas(columns, 1 + rows.length);
  const out = new Uint32Array(image.data.buffer), inks = CLASSES.map((name) => parseInt(colors.classes[name].slice(1).match(/../g).toReversed().join(""), 16));
  for (let at = 0; at < columns; at++) {
    let winner = 0;
    for (let c = 0; c < rows.length; c++) {
      out[(c + 1) * columns + at] = inks[c] | ((rows[c][at] * 255) << 24);
      if (rows[c][at] > rows[winner][at]) winner = c;
    }
    if (n[at]) out[at] = inks[winner] | (255 << 24);
  }
  small.getContext("2d").putImageData(image, 0, 0);
  ctx.imageSmoothingEnabled = false;
  ctx.drawImage(small, 0, 0, columns, 1, axis.left, 0, columns, WINNER);
  rows.forEach((_, c) => ctx.drawImage(small, 0, c + 1, columns, 1, axis.left, TOP + c * ROW + 1, columns, ROW - 1));
  hatchWhere(ctx, axis, columns, (at) => seen[at] && !n[at], ROWS, colors.label, 7);                  // not assessed
  hatchWhere(ctx, axis, columns, (at) => n[at] && unsure[at] > 0.5, WINNER, colors.paper, 4);         // the model had better say nothing
  const high = ROWS - DOUBT - 3;
  for (const [alpha, tall] of [[0.35, Infinity], [1, 1.5]]) {
    ctx.fillStyle = withAlpha(colors.label, alpha);
    ctx.beginPath();
    for (let at = 0; at < columns; at++) if (n[at]) ctx.rect(axis.left + at, ROWS - 1 - doubt[at] * high, 1, Math.min(tall, doubt[at] * high));
    ctx.fill();
  }
}

function hatchWhere(ctx, axis, columns, holds, height, color, step) {
  ctx.save();
  ctx.beginPath();
  for (let at = 0, from = -1; at <= columns; at++) {
    if (at < columns && holds(at)) from = from < 0 ? at : from;
    else if (from >= 0) { ctx.rect(axis.left + from, 0, at - from, height); from = -1; }
  }
  ctx.clip();
  hatch(ctx, axis.left, 0, columns, height, color, step);
  ctx.restore();
}

export function drawGaps(ctx, axis, gaps, height, colors) {
  for (const [left, width] of gaps.map(([from, to]) => axis.clip(from, to, 1)).filter(Boolean)) hatch(ctx, left, 0, width, height, colors.gap, 5);
}
