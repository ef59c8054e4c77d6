// The whole recording (or a part) on one time axis: winner strip, six-row probability ribbon, uncertainty, events, annotations, gaps.
import { GUTTER, RIGHT } from "./eeg.mjs";
import { drawPooled } from "./notes_drawn.mjs";
import { axisTimes, CLASSES, CODES, hatch, text, withAlpha } from "./paint.mjs";

const WINNER = 8, ROW = 11, TOP = WINNER + 2, DOUBT = TOP + 6 * ROW, ROWS = DOUBT + 14, AXIS = 16;

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

/** Entropy of probabilities as a share of the most there can be: 0 = certain, 1 = all classes equally likely. */
const doubtOf = (prob) => prob.reduce((sum, p) => sum - (p > 0 ? p * Math.log(p) : 0), 0) / Math.log(prob.length);

/**
 * Highest probability of each class per pixel column, so that a short seizure never vanishes in 24 hours, and the greatest doubt:
 * seven rows of `columns` values, -1 = not assessed, -2 = no span there.
 */
function pooled(ribbon, axis) {
  const columns = Math.ceil(axis.plotW), { classes, count } = ribbon, best = new Float32Array((classes + 1) * columns).fill(-2);
  for (let i = 0; i < count; i++) {
    const part = axis.clip(...stretchOf(ribbon, i));
    if (!part) continue;
    const first = Math.floor(part[0] - axis.left), last = Math.min(columns - 1, Math.max(first, Math.ceil(part[0] + part[1] - axis.left) - 1));
    const prob = Array.from(ribbon.prob.subarray(i * classes, (i + 1) * classes), (value) => value / 65535), doubt = doubtOf(prob);
    for (let c = 0; c <= classes; c++) {
      const value = ribbon.assessed[i] ? prob[c] ?? doubt : -1;
      for (let at = c * columns + first; at <= c * columns + last; at++) best[at] = Math.max(best[at], value);
    }
  }
  return { best, columns };
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

export function drawOverview(ctx, axis, height, { ribbon, gaps, events, annotations, readers, colors, clock, unsureBelow }) {
  CLASSES.forEach((name, c) => text(ctx, CODES[name], GUTTER - 6, TOP + (c + 0.5) * ROW, { color: colors.classes[name], size: 10, align: "right", weight: "bold" }));
  Object.assign(ctx, { strokeStyle: colors.grid, lineWidth: 1 });
  ctx.strokeRect(axis.left + 0.5, TOP + 0.5, axis.plotW - 1, 6 * ROW);
  if (ribbon) text(ctx, "doubt", GUTTER - 6, (DOUBT + ROWS) / 2, { color: colors.label, size: 10, align: "right" });
  if (ribbon) drawRibbon(ctx, axis, pooled(ribbon, axis), colors, unsureBelow);
  drawGaps(ctx, axis, gaps, ROWS, colors);
  for (const { start, stop, pattern, decision, own } of events) {      // the model's above, what readers stand behind below
    const part = axis.clip(start, stop, 3), sign = { dismissed: "✗", unsure: "?" }[decision];
    ctx.fillStyle = withAlpha(colors.classes[pattern], decision === "dismissed" ? 0.35 : 1);
    if (part && !own) ctx.fillRect(part[0], ROWS + 2, part[1], 5);
    if (part && decision === "accepted") ctx.fillRect(part[0], ROWS + 8, part[1], 5);
    if (part && sign) text(ctx, sign, part[0] + part[1] / 2, ROWS + 12, { color: colors.label, size: 9, align: "center" });
  }
  drawPooled(ctx, axis, annotations.map(({ onset }) => [onset, onset]), ROWS + 13, 4, colors.mark);
  drawPooled(ctx, axis, readers.map(({ start, stop }) => [start, stop ?? start]), ROWS + 18, 4, colors.own);
  axisTimes(ctx, clock, axis.startS, axis.stopS, axis.left, axis.right, height - AXIS / 2, colors.label, 10);
}

function drawRibbon(ctx, axis, { best, columns }, colors, unsureBelow) {
  for (let column = 0, x = axis.left; column < columns; column++, x++) {
    const values = CLASSES.map((_, c) => best[c * columns + column]), winner = values.indexOf(Math.max(...values));
    if (values[winner] === -1) hatch(ctx, x, 0, 1, ROWS, colors.label, 7);                  // not assessed
    if (values[winner] <= 0) continue;
    values.forEach((value, c) => {
      ctx.fillStyle = withAlpha(colors.classes[CLASSES[c]], value);
      ctx.fillRect(x, TOP + c * ROW + 1, 1, ROW - 1);
    });
    ctx.fillStyle = colors.classes[CLASSES[winner]];
    ctx.fillRect(x, 0, 1, WINNER);
    if (values[winner] < unsureBelow) hatch(ctx, x, 0, 1, WINNER, colors.paper, 4);         // the model had better say nothing
    const high = best[CLASSES.length * columns + column] * (ROWS - DOUBT - 3), parts = [[0.35, high], [1, 1.5]];
    for (const [alpha, tall] of parts) { ctx.fillStyle = withAlpha(colors.label, alpha); ctx.fillRect(x, ROWS - 1 - high, 1, tall); }
  }
}

export function drawGaps(ctx, axis, gaps, height, colors) {
  for (const [left, width] of gaps.map(([from, to]) => axis.clip(from, to, 1)).filter(Boolean)) hatch(ctx, left, 0, width, height, colors.gap, 5);
}
