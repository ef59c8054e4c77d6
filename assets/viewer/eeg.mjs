// The EEG page on its canvas: paper, grid, traces, gaps, marks, calibration bar. Draws what it is given and keeps nothing.

import { NOT_RECORDED } from "./bytes.mjs";
import { axisTimes, CODES, hatch, text, withAlpha } from "./paint.mjs";

export const GUTTER = 76;      // CSS px left of the traces; the overview has the same, so that times line up
export const RIGHT = 8;        // and right of them
const TOP = 34, BOTTOM = 20;   // lanes of marks above the traces, clock below
const LANE = 15;
const ECG_DIVISOR = 10;        // the ECG is drawn ten times smaller than the EEG: millivolts beside tens of microvolts
const LIGHT_GRID_PX = 5;       // a 0.2-s grid finer than this is gray mud

/** Draw a page; returns where things are: `x` of a time, baselines of the traces, their scale. */
export function draw(ctx, page, look, { events, annotations, gaps }) {
  const geo = geometry(page, look);
  ctx.fillStyle = look.colors.paper;
  ctx.fillRect(0, 0, look.width, look.height);
  for (const event of events) shade(ctx, geo, look, event);
  drawGrid(ctx, geo, look);
  for (const [from, to] of gaps) drawGap(ctx, geo, look, from, to);
  ctx.save();
  ctx.beginPath();
  ctx.rect(geo.left, geo.top, geo.plotW, geo.plotH);
  ctx.clip();
  page.names.forEach((_, index) => drawTrace(ctx, page, index, geo, look));
  for (const [trace, from, to] of page.clipped) drawClipped(ctx, geo, look, geo.rows[trace] - geo.row * 0.45, geo.x(from), geo.x(to));
  ctx.restore();
  drawLabels(ctx, page, geo, look);
  drawEventLane(ctx, geo, look, events);
  drawNoteLane(ctx, geo, look, annotations);
  axisTimes(ctx, look.clock, look.startS, geo.stopS, geo.left, geo.right, look.height - BOTTOM / 2, look.colors.label);
  text(ctx, look.clock.date(look.startS), 4, look.height - BOTTOM / 2, { color: look.colors.label, size: 10 });
  drawCalibration(ctx, geo, look);
  return geo;
}

function geometry(page, look) {
  const plotW = Math.max(50, look.width - GUTTER - RIGHT), plotH = Math.max(50, look.height - TOP - BOTTOM), slots = [];
  page.names.forEach((name, i) => slots.push(i ? slots[i - 1] + (startsChain(page.names[i - 1], name) ? 1.5 : 1) : 0.5));
  const row = plotH / ((slots.at(-1) ?? 0.5) + 0.5), pxPerS = plotW / look.durationS;
  return {
    left: GUTTER, right: GUTTER + plotW, top: TOP, bottom: TOP + plotH, plotW, plotH, row, rows: slots.map((slot) => TOP + slot * row),
    pxPerS, stopS: look.startS + look.durationS, x: (seconds) => GUTTER + (seconds - look.startS) * pxPerS,
  };
}

/** In a bipolar montage a chain ends where a trace does not go on from the electrode of the one above. */
function startsChain(above, name) {
  const first = above.split("-"), second = name.split("-");
  return first.length === 2 && second.length === 2 ? first[1] !== second[0] : first.length !== second.length;
}

/** CSS px downward per microvolt: with negative up a positive value goes down. An ECG is positive up, as cardiology reads it. */
function pxPerUv(look, kind) {
  const size = look.pxPerMm / look.uvPerMm;
  return kind === "ecg" ? -size / ECG_DIVISOR : look.negativeUp ? size : -size;
}

function drawTrace(ctx, page, index, geo, look) {
  const { data, samples } = page, first = index * samples, base = geo.rows[index], half = page.pairs ? 1 : 0;
  const scale = page.scale[index] * pxPerUv(look, page.kinds[index]), perSample = geo.pxPerS / page.sfreqHz;
  const left = geo.x(page.startS) + (half * perSample) / 2;       // a pair stands for the middle of its stretch
  let pen = false;
  ctx.beginPath();
  for (let i = 0; i < samples; i++) {
    const value = data[first + i];
    if (value === NOT_RECORDED) { pen = false; continue; }
    const at = left + (i >> half) * perSample, y = base + value * scale;
    if (pen) ctx.lineTo(at, y); else { ctx.moveTo(at, y); pen = true; }
  }
  Object.assign(ctx, { strokeStyle: look.colors[page.kinds[index] === "ecg" ? "ecg" : "ink"], lineWidth: 0.9, lineJoin: "bevel" });
  ctx.stroke();
}

function drawGrid(ctx, geo, look) {
  const lines = (step, color, width) => {
    ctx.beginPath();
    for (let k = Math.ceil(look.startS / step - 1e-6); k * step <= geo.stopS + 1e-6; k++) {
      const at = Math.round(geo.x(k * step)) + 0.5;
      ctx.moveTo(at, geo.top);
      ctx.lineTo(at, geo.bottom);
    }
    Object.assign(ctx, { strokeStyle: color, lineWidth: width });
    ctx.stroke();
  };
  if (geo.pxPerS * 0.2 >= LIGHT_GRID_PX) lines(0.2, look.colors.grid, 1);
  lines(1, look.colors.second, geo.pxPerS > 12 ? 1.5 : 0.75);
}

/** The visible part of a span as [left, width], or null. */
function visible(geo, from, to) {
  const left = Math.max(geo.left, geo.x(from)), width = Math.min(geo.right, geo.x(to)) - left;
  return width > 0 ? [left, width] : null;
}

function drawGap(ctx, geo, look, from, to) {
  const part = visible(geo, from, to);
  if (!part) return;
  ctx.fillStyle = look.colors.paper;
  ctx.fillRect(part[0], geo.top, part[1], geo.plotH);
  hatch(ctx, part[0], geo.top, part[1], geo.plotH, look.colors.gap);
  const words = { color: look.colors.label, paper: look.colors.paper, size: 13, align: "center" };
  if (part[1] > 90) text(ctx, "not recorded", part[0] + part[1] / 2, (geo.top + geo.bottom) / 2, words);
}

function shade(ctx, geo, look, event) {
  const part = visible(geo, event.start, event.stop);
  if (!part) return;
  ctx.fillStyle = withAlpha(look.colors.classes[event.pattern], event.decision === "dismissed" ? 0.03 : 0.1);
  ctx.fillRect(part[0], geo.top, part[1], geo.plotH);
}

function drawClipped(ctx, geo, look, y, left, right) {
  ctx.fillStyle = look.colors.clipped;
  ctx.fillRect(left, y, Math.max(2, right - left), 3);
  if (right - left > 45) text(ctx, "clipped", left + 2, y + 9, { color: look.colors.clipped, size: 10 });
}

function drawLabels(ctx, page, geo, look) {
  const size = Math.max(8, Math.min(12, geo.row * 0.8));
  page.names.forEach((name, i) => {
    const words = page.kinds[i] === "ecg" ? `${name} ÷${ECG_DIVISOR}` : name;
    ctx.font = `${size}px system-ui, sans-serif`;
    const fits = Math.min(1, (geo.left - 8) / ctx.measureText(words).width);
    text(ctx, words, geo.left - 6, geo.rows[i], { color: look.colors.label, size: size * fits, align: "right" });
  });
}

/** What the model suggests: a bar in the class color with its code; words that would cover others are left out. */
function drawEventLane(ctx, geo, look, events) {
  let free = geo.left;
  for (const event of events) {
    const part = visible(geo, event.start, event.stop), color = look.colors.classes[event.pattern];
    if (!part) continue;
    ctx.fillStyle = color;
    ctx.fillRect(part[0], LANE, Math.max(2, part[1]), 3);
    const decided = { accepted: " ✓ accepted", dismissed: " ✗ dismissed" }[event.decision] ?? "";
    const words = `${CODES[event.pattern]} ${event.max.toFixed(2)}${decided}`;
    if (part[0] + 2 >= free) free = part[0] + 12 + text(ctx, words, part[0] + 2, LANE / 2 + 1, { color, weight: "bold" });
  }
}

/** What the file itself says. */
function drawNoteLane(ctx, geo, look, notes) {
  let free = geo.left;
  for (const { onset, duration, text: words } of notes) {
    if (onset > geo.stopS || onset + (duration ?? 0) < look.startS) continue;
    const starts = onset >= look.startS, at = Math.round(geo.x(onset)) + 0.5, left = Math.max(at, geo.left) + 3;
    if (starts) dashed(ctx, at, LANE + 4, geo.bottom, look.colors.mark);
    if (left >= free) free = left + 10 + text(ctx, (starts ? "" : "… ") + words, left, LANE * 1.5 + 4, { color: look.colors.mark });
  }
}

function dashed(ctx, at, from, to, color) {
  ctx.beginPath();
  ctx.setLineDash([4, 3]);
  ctx.moveTo(at, from);
  ctx.lineTo(at, to);
  Object.assign(ctx, { strokeStyle: color, lineWidth: 1 });
  ctx.stroke();
  ctx.setLineDash([]);
}

/** 100 µV (or what fits) and 1 s, so that the page can be read at any zoom of the browser. */
function drawCalibration(ctx, geo, look) {
  const { label: color, paper } = look.colors, px = Math.abs(pxPerUv(look, "eeg"));
  const uv = [100, 200, 500, 1000, 50, 20].find((each) => each * px >= 8 && each * px <= geo.plotH / 3) ?? 10;
  const right = geo.right - 12, bottom = geo.bottom - 22, left = right - geo.pxPerS;
  for (const [strokeStyle, lineWidth] of [[paper, 7], [color, 2]]) {        // a halo, so that traces do not hide it
    ctx.beginPath();
    ctx.moveTo(left, bottom - uv * px);
    ctx.lineTo(left, bottom);
    ctx.lineTo(right, bottom);
    Object.assign(ctx, { strokeStyle, lineWidth });
    ctx.stroke();
  }
  text(ctx, `${uv} µV`, left - 6, bottom - (uv * px) / 2, { color, paper, align: "right" });
  text(ctx, "1 s", (left + right) / 2, bottom + 10, { color, paper, align: "center" });
}
