// Small things that every drawing needs: a sharp canvas, colors of the theme, hatching.

export const CODES = { seizure: "SZ", lpd: "LPD", gpd: "GPD", lrda: "LRDA", grda: "GRDA", other: "O" };
export const CLASSES = Object.keys(CODES);
export const FONT = "system-ui, sans-serif";

/** Fit the bitmap of a canvas to its CSS box and the screen's pixels; returns the context in CSS pixels. */
export function sharp(canvas) {
  const ratio = window.devicePixelRatio || 1;
  const width = canvas.clientWidth, height = canvas.clientHeight;
  const wide = Math.round(width * ratio), high = Math.round(height * ratio);
  if (canvas.width !== wide || canvas.height !== high) { canvas.width = wide; canvas.height = high; }
  const ctx = canvas.getContext("2d", { alpha: true });
  ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
  return { ctx, width, height, ratio };
}

/** Colors as the style sheet has them at `element`: one place for both themes and both papers. */
export function palette(element) {
  const style = getComputedStyle(element);
  const color = (name) => style.getPropertyValue(`--viewer-${name}`).trim();
  const names = ["paper", "ink", "ecg", "grid", "second", "gap", "label", "mark", "clipped", "box"];
  return {
    ...Object.fromEntries(names.map((name) => [name, color(name)])),
    classes: Object.fromEntries(CLASSES.map((name) => [name, color(`class-${name}`)])),
  };
}

/** Fill a rectangle with diagonal lines. */
export function hatch(ctx, x, y, width, height, color, step = 6) {
  ctx.save();
  ctx.beginPath();
  ctx.rect(x, y, width, height);
  ctx.clip();
  ctx.beginPath();
  const first = Math.floor((x - height) / step) * step;      // lines of neighboring stretches meet
  for (let at = first; at < x + width; at += step) { ctx.moveTo(at, y + height); ctx.lineTo(at + height, y); }
  ctx.strokeStyle = color;
  ctx.lineWidth = 1;
  ctx.stroke();
  ctx.restore();
}

export function text(ctx, words, x, y, { color, size = 11, align = "left", weight = "" }) {
  ctx.fillStyle = color;
  ctx.font = `${weight} ${size}px ${FONT}`.trim();
  ctx.textAlign = align;
  ctx.textBaseline = "middle";
  ctx.fillText(words, x, y);
}

/** Words on a plate of background color, so that traces below do not disturb them. */
export function plate(ctx, words, x, y, { color, paper, size = 11, weight = "" }) {
  ctx.font = `${weight} ${size}px ${FONT}`.trim();
  const width = ctx.measureText(words).width;
  ctx.fillStyle = paper;
  ctx.fillRect(x - 2, y - size / 2 - 2, width + 4, size + 4);
  text(ctx, words, x, y, { color, size, weight });
  return width + 4;
}

export function withAlpha(hex, alpha) {
  const n = parseInt(hex.slice(1), 16);
  return `rgba(${n >> 16}, ${(n >> 8) & 255}, ${n & 255}, ${alpha})`;
}
