// The EEG page on its canvas: paper, grid, traces, gaps, marks, calibration bar. Draws what it is given and keeps nothing.
import { NOT_RECORDED } from "./bytes.mjs";
import { axisTimes, hatch, inShort, strokes, text, within, withAlpha } from "./paint.mjs";

export const GUTTER = 76;      // CSS px left of the traces; the overview has the same, so that times line up
export const RIGHT = 8;        // and right of them
const TOP = 34, BOTTOM = 20, LANE = 15, BANNER = 18;      // two lanes of marks above the traces, of a changed signal a banner, the clock below
const ECG_DIVISOR = 10;        // the ECG is drawn ten times smaller than the EEG: millivolts beside tens of microvolts
const LIGHT_GRID_PX = 5;       // a 0.2-s grid finer than this is gray mud

/** Draw a page; returns where things are: `x` of a time, baselines of the traces. */
export function draw(ctx, page, look, { events, annotations, gaps, shades }) {
  const geo = geometry(page, look), { colors } = look, { top, plotH } = geo, bottom = look.height - BOTTOM / 2;
  ctx.fillStyle = colors.paper;
  ctx.fillRect(0, 0, look.width, look.height);
  for (const { start, stop, pattern, decision } of events) fillSpan(ctx, geo, start, stop, top, plotH, withAlpha(colors.classes[pattern], decision === "dismissed" ? 0.03 : 0.1));
  drawShades(ctx, geo, look, page.names, shades);
  drawGrid(ctx, geo, look);
  for (const [from, to] of gaps) drawGap(ctx, geo, look, from, to);
  within(ctx, geo.left, top, geo.plotW, plotH, () => {
    page.names.forEach((_, index) => drawTrace(ctx, page, index, geo, look));
    for (const [trace, from, to, words = "clipped", informs] of [...page.bad, ...page.clipped])      // thin and gray: only informs
      fillSpan(ctx, geo, from, to, geo.rows[trace] - geo.row * 0.45, informs ? 1 : 3, informs ? colors.label : colors.clipped, words, 9, colors.paper);
  });
  drawLabels(ctx, page, geo, look);
  if (page.banner) text(ctx, page.banner, geo.left, top - BANNER / 2, { color: colors.clipped, size: 12, weight: "bold" });
  drawLanes(ctx, geo, look, events, annotations);
  if (look.target) fillSpan(ctx, geo, look.target.from, look.target.to, geo.bottom - 4, 4, colors.box);      // what the keys act on
  axisTimes(ctx, look.clock, look.startS, geo.stopS, geo.left, geo.right, bottom, colors.label);
  text(ctx, look.clock.date(look.startS), 4, bottom, { color: colors.label, size: 10 });
  drawCalibration(ctx, geo, look);
  return geo;
}

function geometry(page, look) {
  const top = TOP + (page.banner ? BANNER : 0), plotW = Math.max(50, look.width - GUTTER - RIGHT), plotH = Math.max(50, look.height - top - BOTTOM), slots = [];
  page.names.forEach((name, i) => slots.push(i ? slots[i - 1] + ((page.groups ? page.groups[i - 1] !== page.groups[i] : startsChain(page.names[i - 1], name)) ? 1.5 : 1) : 0.5));
  const row = plotH / ((slots.at(-1) ?? 0.5) + 0.5), pxPerS = plotW / look.durationS, x = (seconds) => GUTTER + (seconds - look.startS) * pxPerS;
  const sides = { left: GUTTER, right: GUTTER + plotW, top, bottom: top + plotH }, stopS = look.startS + look.durationS;
  return { ...sides, plotW, plotH, row, rows: slots.map((slot) => top + slot * row), pxPerS, stopS, x, pxPerUv: (kind) => pxPerUv(look, kind) };
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

function drawTrace(ctx, { data, samples, pairs, scale, kinds, gains, sfreqHz, startS }, index, geo, look) {
  const first = index * samples, base = geo.rows[index], half = pairs ? 1 : 0, perSample = geo.pxPerS / sfreqHz;
  const perBit = scale[index] * gains[index] * pxPerUv(look, kinds[index]), left = geo.x(startS) + (half * perSample) / 2;   // a pair: middle of its stretch
  let pen = false;
  ctx.beginPath();
  for (let i = 0; i < samples; i++) {
    const value = data[first + i], at = left + (i >> half) * perSample, y = base + value * perBit;
    if (value === NOT_RECORDED) pen = false;
    else if (pen) ctx.lineTo(at, y);
    else { ctx.moveTo(at, y); pen = true; }
  }
  Object.assign(ctx, { strokeStyle: look.colors[kinds[index] === "ecg" ? "ecg" : "ink"], lineWidth: 0.9, lineJoin: "bevel" });
  ctx.stroke();
}

function drawGrid(ctx, geo, look) {
  const lines = (step, color, width) => {
    const first = Math.ceil(look.startS / step - 1e-6), count = Math.floor(geo.stopS / step + 1e-6) - first + 1;
    const at = Array.from({ length: Math.max(0, count) }, (_, k) => Math.round(geo.x((first + k) * step)) + 0.5);
    strokes(ctx, at.map((x) => [[x, geo.top], [x, geo.bottom]]), color, width);
  };
  if (geo.pxPerS * 0.2 >= LIGHT_GRID_PX) lines(0.2, look.colors.grid, 1);
  lines(1, look.colors.second, geo.pxPerS > 12 ? 1.5 : 0.75);
}

/** Fill the visible part of a span, with words below its left end if they fit; returns [left, width], or null if none is visible. */
function fillSpan(ctx, geo, from, to, y, height, color, words = "", below = 0, paper = undefined) {
  const left = Math.max(geo.left, geo.x(from)), width = Math.min(geo.right, geo.x(to)) - left;
  if (width <= 0) return null;
  ctx.fillStyle = color;
  ctx.fillRect(left, y, Math.max(2, width), height);
  if (words && width > 45) text(ctx, words, left + 2, y + below, { color, size: 10, paper });
  return [left, width];
}

/** What moved the model's probability: up as a tint, down as hatching; the part of all traces together is a lane at their top. */
function drawShades(ctx, geo, { colors }, names, shades) {
  for (const [traces, from, to, weight] of shades) {
    const places = traces ? traces.map((name) => names.indexOf(name)).filter((i) => i >= 0).map((i) => [geo.rows[i] - geo.row / 2, geo.row]) : [[geo.top, 6]];
    for (const [y, height] of places) {
      const part = fillSpan(ctx, geo, from, to, y, height, weight > 0 ? withAlpha(colors.mark, (traces ? 0.42 : 0.9) * weight) : "transparent");
      if (part && weight < 0) hatch(ctx, part[0], y, part[1], height, withAlpha(colors.label, 0.7 * -weight));
    }
  }
}

function drawGap(ctx, geo, { colors }, from, to) {
  const part = fillSpan(ctx, geo, from, to, geo.top, geo.plotH, colors.paper), words = { color: colors.label, paper: colors.paper, size: 13, align: "center" };
  if (!part) return;
  hatch(ctx, part[0], geo.top, part[1], geo.plotH, colors.gap);
  if (part[1] > 90) text(ctx, "not recorded", part[0] + part[1] / 2, (geo.top + geo.bottom) / 2, words);
}

function drawLabels(ctx, { names, kinds, poor, marked, gained }, geo, look) {
  const size = Math.max(8, Math.min(12, geo.row * 0.8));
  names.forEach((name, i) => {
    const noted = marked[i] || poor[i];
    const words = `${marked[i] ? "✕ " : poor[i] ? "! " : ""}${name}${gained[i]}${kinds[i] === "ecg" ? ` ÷${ECG_DIVISOR}` : ""}`, fits = Math.min(1, 9 / words.length);      // 76 px hold some 9 letters
    text(ctx, words, geo.left - 6, geo.rows[i], { color: look.colors[noted ? "clipped" : "label"], weight: noted && "bold", size: size * fits, align: "right" });
  });
}

/** Above the traces: what the model suggests, and what the file itself says; words that would cover others are left out. */
function drawLanes(ctx, geo, { colors, startS }, events, notes) {
  let free = geo.left;
  for (const event of events) {
    const color = colors.classes[event.pattern], part = fillSpan(ctx, geo, event.start, event.stop, LANE, 3, color);
    if (part && part[0] + 2 >= free) free = part[0] + 12 + text(ctx, inShort(event), part[0] + 2, LANE / 2 + 1, { color, weight: "bold" });
  }
  free = geo.left;
  for (const { onset, duration, text: words } of notes) {
    if (onset > geo.stopS || onset + (duration ?? 0) < startS) continue;
    const starts = onset >= startS, at = Math.round(geo.x(onset)) + 0.5, left = Math.max(at, geo.left) + 3;
    if (starts) strokes(ctx, [[[at, LANE + 4], [at, geo.bottom]]], colors.mark, 1);
    if (left >= free) free = left + 10 + text(ctx, (starts ? "" : "… ") + words, left, LANE * 1.5 + 4, { color: colors.mark });
  }
}

/** 100 µV (or what fits) and 1 s, so that the page can be read at any zoom of the browser; with a halo against the traces. */
function drawCalibration(ctx, geo, look) {
  const { label: color, paper } = look.colors, px = Math.abs(pxPerUv(look, "eeg"));
  const uv = [100, 200, 500, 1000, 50, 20].find((each) => each * px >= 8 && each * px <= geo.plotH / 3) ?? 10;
  const right = geo.right - 12, bottom = geo.bottom - 22, left = right - geo.pxPerS, bar = [[[left, bottom - uv * px], [left, bottom], [right, bottom]]];
  strokes(ctx, bar, paper, 7);
  strokes(ctx, bar, color, 2);
  text(ctx, `${uv} µV`, left - 6, bottom - (uv * px) / 2, { color, paper, align: "right" });
  text(ctx, "1 s", (left + right) / 2, bottom + 10, { color, paper, align: "center" });
}
