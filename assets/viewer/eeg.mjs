// The EEG page on its canvas: paper, grid, traces, gaps, marks, calibration bar. Draws what it is given and keeps nothing.

import { NOT_RECORDED } from "./bytes.mjs";
import { labelStep } from "./clock.mjs";
import { CODES, hatch, plate, text, withAlpha } from "./paint.mjs";

export const GUTTER = 76;      // CSS px left of the traces; the overview has the same, so that times line up
export const RIGHT = 8;         // and right of them
const TOP = 34, BOTTOM = 20;
const LANE = 15;               // height of one lane of marks above the traces
const ECG_DIVISOR = 10;        // the ECG is drawn ten times smaller than the EEG (millivolts beside tens of microvolts)
const LIGHT_GRID_PX = 5;       // a 0.2-s grid finer than this is gray mud

/** Where things are on a canvas of this size for this page: rows of traces, scale of time. */
export function geometry(width, height, durationS, names) {
  const plotW = Math.max(50, width - GUTTER - RIGHT), plotH = Math.max(50, height - TOP - BOTTOM);
  const slots = [];
  let at = 0;
  names.forEach((name, i) => {
    if (i && startsChain(names[i - 1], name)) at += 0.5;
    slots.push(at + 0.5);
    at += 1;
  });
  const row = plotH / Math.max(at, 1);
  return { width, height, plotW, plotH, top: TOP, left: GUTTER, row, rows: slots.map((slot) => TOP + slot * row),
           pxPerS: plotW / durationS, durationS };
}

/** In a bipolar montage a chain ends where a trace does not go on from the electrode of the one above. */
function startsChain(above, name) {
  const first = above.split("-"), second = name.split("-");
  if (first.length === 2 && second.length === 2) return first[1] !== second[0];
  return first.length !== second.length;
}

export function draw(ctx, page, look, marks) {
  const geo = geometry(look.width, look.height, look.durationS, page.names);
  const x = (t) => geo.left + (t - look.startS) * geo.pxPerS;
  ctx.fillStyle = look.colors.paper;
  ctx.fillRect(0, 0, geo.width, geo.height);
  drawEvents(ctx, geo, look, marks.events, x);
  drawGrid(ctx, geo, look, x);
  drawGaps(ctx, geo, look, marks.gaps, x);
  ctx.save();
  ctx.beginPath();
  ctx.rect(geo.left, geo.top, geo.plotW, geo.plotH);
  ctx.clip();
  page.names.forEach((_, i) => drawTrace(ctx, page, i, geo, look));
  page.clipped.forEach(([trace, from, to]) => drawClipped(ctx, geo, look, geo.rows[trace], x(from), x(to)));
  ctx.restore();
  drawLabels(ctx, page, geo, look);
  drawMarks(ctx, geo, look, marks, x);
  drawAxis(ctx, geo, look, x);
  drawCalibration(ctx, geo, look);
  return geo;
}

/** CSS px per microvolt, downward. Negative up means that a positive value goes down. */
export function pxPerUv(look, kind) {
  const perUv = look.pxPerMm / look.uvPerMm / (kind === "ecg" ? ECG_DIVISOR : 1);
  return look.negativeUp ? perUv : -perUv;
}

function drawTrace(ctx, page, index, geo, look) {
  const { data, samples } = page, first = index * samples, base = geo.rows[index];
  const scale = page.scale[index] * pxPerUv(look, page.kinds[index]);
  const left = geo.left + (page.startS - look.startS) * geo.pxPerS;
  const perSample = geo.pxPerS / page.sfreqHz, half = page.pairs ? 1 : 0;
  const offset = page.pairs ? perSample / 2 : 0;              // a pair stands for the middle of its stretch
  let pen = false;
  ctx.beginPath();
  for (let i = 0; i < samples; i++) {
    const value = data[first + i];
    if (value === NOT_RECORDED) { pen = false; continue; }
    const at = left + offset + (i >> half) * perSample, y = base + value * scale;
    if (pen) ctx.lineTo(at, y); else { ctx.moveTo(at, y); pen = true; }
  }
  ctx.strokeStyle = page.kinds[index] === "ecg" ? look.colors.ecg : look.colors.ink;
  ctx.lineWidth = 0.9;
  ctx.lineJoin = "bevel";
  ctx.stroke();
}

function drawGrid(ctx, geo, look, x) {
  const lines = (step, color, width, skip) => {
    ctx.beginPath();
    for (let k = Math.ceil(look.startS / step - 1e-6); k * step <= look.startS + geo.durationS + 1e-6; k++) {
      if (skip && k % skip === 0) continue;
      const at = Math.round(x(k * step)) + 0.5;
      ctx.moveTo(at, geo.top);
      ctx.lineTo(at, geo.top + geo.plotH);
    }
    ctx.strokeStyle = color;
    ctx.lineWidth = width;
    ctx.stroke();
  };
  if (geo.pxPerS * 0.2 >= LIGHT_GRID_PX) lines(0.2, look.colors.grid, 1, 5);
  lines(1, look.colors.second, geo.pxPerS > 12 ? 1.5 : 0.75, 0);
}

function drawGaps(ctx, geo, look, gaps, x) {
  for (const [from, to] of gaps) {
    const left = Math.max(geo.left, x(from)), right = Math.min(geo.left + geo.plotW, x(to));
    if (right <= left) continue;
    ctx.fillStyle = look.colors.paper;
    ctx.fillRect(left, geo.top, right - left, geo.plotH);
    hatch(ctx, left, geo.top, right - left, geo.plotH, look.colors.gap);
    if (right - left < 90) continue;
    const colors = { color: look.colors.label, paper: look.colors.paper, size: 13 };
    plate(ctx, "not recorded", (left + right) / 2 - 38, geo.top + geo.plotH / 2, colors);
  }
}

function drawEvents(ctx, geo, look, events, x) {
  for (const event of events) {
    const left = Math.max(geo.left, x(event.start)), right = Math.min(geo.left + geo.plotW, x(event.stop));
    if (right <= left) continue;
    ctx.fillStyle = withAlpha(look.colors.classes[event.pattern], event.decision === "dismissed" ? 0.04 : 0.11);
    ctx.fillRect(left, geo.top, right - left, geo.plotH);
  }
}

function drawClipped(ctx, geo, look, y, left, right) {
  ctx.fillStyle = look.colors.clipped;
  ctx.fillRect(left, y - geo.row * 0.45, Math.max(2, right - left), 3);
  if (right - left > 45) text(ctx, "clipped", left + 2, y - geo.row * 0.45 + 9, { color: look.colors.clipped, size: 10 });
}

function drawLabels(ctx, page, geo, look) {
  const size = Math.max(8, Math.min(12, geo.row * 0.8));
  page.names.forEach((name, i) => {
    const shown = page.kinds[i] === "ecg" ? `${name} ÷${ECG_DIVISOR}` : name;
    ctx.font = `${size}px system-ui, sans-serif`;
    const fits = Math.min(1, (geo.left - 8) / ctx.measureText(shown).width);
    text(ctx, shown, geo.left - 6, geo.rows[i], { color: look.colors.label, size: size * fits, align: "right" });
  });
}

/** Two lanes above the traces: what the model suggests, and what the file itself says. */
function drawMarks(ctx, geo, look, { events, annotations }, x) {
  const stop = look.startS + geo.durationS, paper = look.colors.paper;
  let free = geo.left;
  for (const event of events) {
    if (event.stop <= look.startS || event.start >= stop) continue;
    const left = Math.max(geo.left, x(event.start)), right = Math.min(geo.left + geo.plotW, x(event.stop));
    const color = look.colors.classes[event.pattern], y = LANE / 2 + 1;
    ctx.fillStyle = color;
    ctx.fillRect(left, LANE, Math.max(2, right - left), 3);
    const words = `${CODES[event.pattern]} ${event.max.toFixed(2)}${{ accepted: " ✓", dismissed: " ✗" }[event.decision] ?? ""}`;
    if (left + 2 >= free) free = left + 2 + plate(ctx, words, left + 2, y, { color, paper, size: 11, weight: "bold" });
  }
  free = geo.left;
  for (const note of annotations) {
    if (note.onset > stop || note.onset + (note.duration ?? 0) < look.startS) continue;
    const at = Math.round(x(note.onset)) + 0.5, starts = note.onset >= look.startS;
    if (starts) dashed(ctx, at, LANE + 4, geo.top + geo.plotH, look.colors.mark);
    const left = Math.max(at + 3, geo.left + 3);
    if (left >= free) free = left + plate(ctx, (starts ? "" : "… ") + note.text, left, LANE * 1.5 + 4, { color: look.colors.mark, paper });
  }
}

function dashed(ctx, at, from, to, color) {
  ctx.beginPath();
  ctx.setLineDash([4, 3]);
  ctx.moveTo(at, from);
  ctx.lineTo(at, to);
  ctx.strokeStyle = color;
  ctx.lineWidth = 1;
  ctx.stroke();
  ctx.setLineDash([]);
}

function drawAxis(ctx, geo, look, x) {
  const step = labelStep(geo.durationS, Math.floor(geo.plotW / 80)), y = geo.height - BOTTOM / 2;
  const offset = look.clock.known ? (look.clock.startMs / 1000) % step : 0;       // round clock times, not round offsets
  for (let k = Math.ceil((look.startS + offset) / step - 1e-6); ; k++) {
    const t = k * step - offset;
    if (t > look.startS + geo.durationS - 1e-6) break;
    const align = x(t) - geo.left < 20 ? "left" : x(t) > geo.left + geo.plotW - 24 ? "right" : "center";
    text(ctx, look.clock.time(t), x(t), y, { color: look.colors.label, align });
  }
  text(ctx, look.clock.date(look.startS) || "from start", 4, y, { color: look.colors.label, size: 10 });
}

/** 100 µV and 1 s, so that the page can be read at any zoom of the browser. */
function drawCalibration(ctx, geo, look) {
  const uv = [100, 500, 1000, 50, 20].find((u) => inRange(u * Math.abs(pxPerUv(look, "eeg")), geo)) ?? 10;
  const high = uv * Math.abs(pxPerUv(look, "eeg")), wide = geo.pxPerS;
  const right = geo.left + geo.plotW - 12, bottom = geo.top + geo.plotH - 22;
  ctx.fillStyle = look.colors.paper;
  ctx.globalAlpha = 0.8;
  ctx.fillRect(right - wide - 54, bottom - high - 6, wide + 62, high + 24);
  ctx.globalAlpha = 1;
  ctx.beginPath();
  ctx.moveTo(right - wide, bottom - high);
  ctx.lineTo(right - wide, bottom);
  ctx.lineTo(right, bottom);
  ctx.strokeStyle = look.colors.label;
  ctx.lineWidth = 2;
  ctx.stroke();
  text(ctx, `${uv} µV`, right - wide - 4, bottom - high / 2, { color: look.colors.label, align: "right" });
  text(ctx, "1 s", right - wide / 2, bottom + 9, { color: look.colors.label, align: "center" });
}

function inRange(px, geo) {
  return px >= 8 && px <= geo.plotH / 3;
}
