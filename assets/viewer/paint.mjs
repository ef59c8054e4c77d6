// Small things that every drawing needs: a sharp canvas, colors of the theme, lines, hatching, words.

export const CODES = { seizure: "SZ", lpd: "LPD", gpd: "GPD", lrda: "LRDA", grda: "GRDA", other: "OTH" };
export const CLASSES = Object.keys(CODES);
const SIGNS = { accepted: "✓ accepted", dismissed: "✗ dismissed", unsure: "? unsure" };

/** A finding in a few letters: what the model gives it, or that a reader labelled or changed it, and what holds of it. */
export const inShort = ({ pattern, max, own, changed, decision }) => [CODES[pattern], own || changed ? "✎" : max?.toFixed(2), own && decision !== "unsure" ? "" : SIGNS[decision]].filter(Boolean).join(" ");
const COLORS = ["paper", "ink", "ecg", "grid", "second", "gap", "label", "mark", "clipped", "box", "own", "left", "right", "both"];

/** Fit the bitmap of a canvas to its CSS box and the screen's pixels, and clear it; its context then counts in CSS pixels. */
export function sharp(canvas) {
  const ratio = window.devicePixelRatio || 1, width = canvas.clientWidth, height = canvas.clientHeight, ctx = canvas.getContext("2d");
  const wide = Math.round(width * ratio), high = Math.round(height * ratio);
  if (canvas.width !== wide || canvas.height !== high) Object.assign(canvas, { width: wide, height: high });
  ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
  ctx.clearRect(0, 0, width, height);
  return { ctx, width, height };
}

/** Colors as the style sheet has them at `element`: one place for both themes and both papers. */
export function palette(element) {
  const style = getComputedStyle(element), color = (name) => style.getPropertyValue(`--viewer-${name}`).trim();
  const named = (names, prefix) => Object.fromEntries(names.map((name) => [name, color(prefix + name)]));
  return { ...named(COLORS, ""), classes: named(CLASSES, "class-") };
}

/** Draw one path of lines; each line is a list of points. */
export function strokes(ctx, lines, strokeStyle, lineWidth) {
  Object.assign(ctx, { strokeStyle, lineWidth });
  ctx.beginPath();
  for (const line of lines) line.forEach(([x, y], i) => (i ? ctx.lineTo(x, y) : ctx.moveTo(x, y)));
  ctx.stroke();
}

/** Run `paint` with everything outside a rectangle cut off. */
export function within(ctx, x, y, width, height, paint) {
  ctx.save();
  ctx.beginPath();
  ctx.rect(x, y, width, height);
  ctx.clip();
  paint();
  ctx.restore();
}

/** Diagonal lines over a rectangle; those of neighboring rectangles meet. */
export function hatch(ctx, x, y, width, height, color, step = 6) {
  const lines = [];
  for (let at = Math.floor((x - height) / step) * step; at < x + width; at += step) lines.push([[at, y + height], [at + height, y]]);
  within(ctx, x, y, width, height, () => strokes(ctx, lines, color, 1));
}

/** Words at a point; on `paper` they get a plate, so that traces below do not disturb them. Returns their width. */
export function text(ctx, words, x, y, { color, size = 11, align = "left", weight = "", paper = "" }) {
  Object.assign(ctx, { font: `${weight} ${size}px system-ui, sans-serif`.trim(), textAlign: align, textBaseline: "middle" });
  const width = ctx.measureText(words).width, left = { left: x, center: x - width / 2, right: x - width }[align];
  if (paper) { ctx.fillStyle = paper; ctx.fillRect(left - 2, y - size / 2 - 2, width + 4, size + 4); }
  ctx.fillStyle = color;
  ctx.fillText(words, x, y);
  return width;
}

/** Times below a panel; the outermost stay within it. */
export function axisTimes(ctx, clock, fromS, toS, left, right, y, color, size = 11) {
  for (const [at, label] of clock.ticks(fromS, toS, Math.floor((right - left) / 84))) {
    const x = left + ((at - fromS) / (toS - fromS)) * (right - left);
    text(ctx, label, x, y, { color, size, align: x - left < 26 ? "left" : right - x < 26 ? "right" : "center" });
  }
}

export const withAlpha = (hex, alpha) => hex + Math.round(alpha * 255).toString(16).padStart(2, "0");
