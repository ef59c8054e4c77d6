// The whole recording (or a part) on one time axis: winner strip, six-row probability ribbon, events, annotations, gaps.

import { labelStep } from "./clock.mjs";
import { GUTTER, RIGHT } from "./eeg.mjs";
import { CLASSES, CODES, hatch, text, withAlpha } from "./paint.mjs";

const WINNER = 8, ROW = 11, MARKS = 12, AXIS = 16;
export const OVERVIEW_HEIGHT = WINNER + 2 + 6 * ROW + 2 + MARKS + AXIS;

/** The time axis that ribbon, spectrogram and view box share. */
export class Axis {
  constructor(startS, stopS, width) {
    this.startS = startS;
    this.stopS = Math.max(stopS, startS + 1);
    this.left = GUTTER;
    this.plotW = Math.max(50, width - GUTTER - RIGHT);
  }

  x(seconds) {
    return this.left + ((seconds - this.startS) / (this.stopS - this.startS)) * this.plotW;
  }

  seconds(x) {
    return this.startS + ((x - this.left) / this.plotW) * (this.stopS - this.startS);
  }

  /** Visible part of a span in pixels, at least `least` wide, or null. */
  clip(from, to, least = 0) {
    if (to <= this.startS || from >= this.stopS) return null;
    const left = Math.max(this.left, this.x(from)), right = Math.min(this.left + this.plotW, this.x(to));
    return [left, Math.max(right - left, least)];
  }
}

/**
 * Highest probability of each class per pixel column, so that a short seizure never vanishes in 24 hours.
 * Returns Float32Array (6, columns): -1 = not assessed, -2 = no span there.
 */
export function pooled(ribbon, axis) {
  const columns = Math.ceil(axis.plotW), { classes, count } = ribbon;
  const best = new Float32Array(classes * columns).fill(-2);
  for (let i = 0; i < count; i++) {
    const [own, until] = stretchOf(ribbon, i);
    if (until <= axis.startS || own >= axis.stopS) continue;
    const first = Math.max(0, Math.floor(axis.x(own) - axis.left));
    const last = Math.min(columns - 1, Math.max(first, Math.ceil(axis.x(until) - axis.left) - 1));
    for (let column = first; column <= last; column++) {
      for (let c = 0; c < classes; c++) {
        const value = ribbon.assessed[i] ? ribbon.prob[i * classes + c] / 65535 : -1, at = c * columns + column;
        if (value > best[at]) best[at] = value;
      }
    }
  }
  return { best, columns };
}

/** The seconds that a span stands for alone: spans overlap when the step is shorter than the label. */
function stretchOf(ribbon, i) {
  const start = ribbon.startS[i], edge = Math.max(0, (ribbon.labelS - ribbon.stepS) / 2);
  const joined = (j) => j >= 0 && j < ribbon.count && Math.abs(ribbon.startS[j] - start) <= ribbon.stepS * 1.01;
  return [start + (joined(i - 1) ? edge : 0), start + ribbon.labelS - (joined(i + 1) ? edge : 0)];
}

/** Index of the span that says most about a moment: the assessed one whose middle is nearest; -1 if none holds it. */
export function spanAt(ribbon, seconds) {
  if (!ribbon) return -1;
  let found = -1, nearest = Infinity;
  for (let i = 0; i < ribbon.count; i++) {
    const distance = Math.abs(ribbon.startS[i] + ribbon.labelS / 2 - seconds);
    if (distance <= ribbon.labelS / 2 && distance < nearest) { nearest = distance; found = i; }
  }
  return found;
}

export function drawOverview(ctx, axis, size, { ribbon, gaps, events, annotations, colors, clock }) {
  ctx.clearRect(0, 0, size.width, size.height);
  const top = WINNER + 2, bottom = top + 6 * ROW;
  CLASSES.forEach((name, c) => {
    const y = top + c * ROW + ROW / 2;
    text(ctx, CODES[name], GUTTER - 6, y, { color: colors.classes[name], size: 10, align: "right", weight: "bold" });
  });
  if (ribbon) drawRibbon(ctx, axis, pooled(ribbon, axis), colors, top);
  for (const [from, to] of gaps) {
    const part = axis.clip(from, to, 1);
    if (part) hatch(ctx, part[0], 0, part[1], bottom, colors.gap, 5);
  }
  ctx.strokeStyle = colors.grid;
  ctx.strokeRect(axis.left + 0.5, top + 0.5, axis.plotW - 1, 6 * ROW);
  drawEventMarks(ctx, axis, events, colors, bottom + 2);
  drawNotes(ctx, axis, annotations, colors, bottom + 2);
  drawTimes(ctx, axis, size, clock, colors);
}

function drawRibbon(ctx, axis, { best, columns }, colors, top) {
  const classes = CLASSES.length;
  for (let column = 0; column < columns; column++) {
    let winner = 0;
    for (let c = 0; c < classes; c++) {
      const value = best[c * columns + column];
      if (value > best[winner * columns + column]) winner = c;
      if (value <= 0) continue;
      ctx.fillStyle = withAlpha(colors.classes[CLASSES[c]], value);
      ctx.fillRect(axis.left + column, top + c * ROW + 1, 1, ROW - 1);
    }
    if (best[winner * columns + column] < 0) continue;
    ctx.fillStyle = colors.classes[CLASSES[winner]];
    ctx.fillRect(axis.left + column, 0, 1, WINNER);
  }
  runsOf(columns, (column) => best[column] === -1, (from, to) =>
    hatch(ctx, axis.left + from, 0, to - from, top + classes * ROW, colors.label, 7));
}

function runsOf(count, holds, use) {
  for (let from = 0; from < count; from++) {
    if (!holds(from)) continue;
    let to = from;
    while (to < count && holds(to)) to++;
    use(from, to);
    from = to;
  }
}

function drawEventMarks(ctx, axis, events, colors, y) {
  for (const event of events) {
    const part = axis.clip(event.start, event.stop, 3);
    if (!part) continue;
    ctx.globalAlpha = event.decision === "dismissed" ? 0.35 : 1;
    ctx.fillStyle = colors.classes[event.pattern];
    ctx.fillRect(part[0], y, part[1], 6);
    if (event.decision) text(ctx, event.decision === "accepted" ? "✓" : "✗", part[0], y + 3, { color: colors.label, size: 9 });
    ctx.globalAlpha = 1;
  }
}

function drawNotes(ctx, axis, annotations, colors, y) {
  ctx.fillStyle = colors.mark;
  for (const note of annotations) {
    if (note.onset < axis.startS || note.onset > axis.stopS) continue;
    const x = axis.x(note.onset);
    ctx.fillRect(x - 0.5, y + 7, 1.5, 5);
  }
}

function drawTimes(ctx, axis, size, clock, colors) {
  const step = labelStep(axis.stopS - axis.startS, Math.floor(axis.plotW / 90)), y = size.height - AXIS / 2;
  const offset = clock.known ? (clock.startMs / 1000) % step : 0;
  for (let k = Math.ceil((axis.startS + offset) / step - 1e-6); k * step - offset <= axis.stopS; k++) {
    const t = k * step - offset, x = axis.x(t);
    const align = x - axis.left < 24 ? "left" : x > axis.left + axis.plotW - 26 ? "right" : "center";
    text(ctx, clock.time(t), x, y, { color: colors.label, size: 10, align });
    ctx.fillStyle = colors.grid;
    ctx.fillRect(x, size.height - AXIS, 1, 3);
  }
}

/** The part that the EEG page shows, and the cursor, over any panel of the shared axis. */
export function drawBox(ctx, axis, height, look, colors) {
  const part = axis.clip(look.startS, look.startS + look.durationS, 3);
  if (part) {
    ctx.fillStyle = withAlpha(colors.box, 0.15);
    ctx.fillRect(part[0], 0, part[1], height);
    ctx.strokeStyle = colors.box;
    ctx.lineWidth = 1.5;
    ctx.strokeRect(part[0] + 0.5, 0.75, Math.max(1, part[1] - 1), height - 1.5);
  }
}
