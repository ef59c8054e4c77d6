// Small things that every drawing needs: a sharp canvas, colors of the theme, hatching, words.

export const CODES = { seizure: "SZ", lpd: "LPD", gpd: "GPD", lrda: "LRDA", grda: "GRDA", other: "OTH" };
export const CLASSES = Object.keys(CODES);
const COLORS = ["paper", "ink", "ecg", "grid", "second", "gap", "label", "mark", "clipped", "box"];

/** Fit the bitmap of a canvas to its CSS box and the screen's pixels; its context then counts in CSS pixels. */
export function sharp(canvas) {
  const ratio = window.devicePixelRatio || 1, width = canvas.clientWidth, height = canvas.clientHeight;
  const wide = Math.round(width * ratio), high = Math.round(height * ratio);
  if (canvas.width !== wide || canvas.height !== high) Object.assign(canvas, { width: wide, height: high });
  const ctx = canvas.getContext("2d");
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

/** Diagonal lines over a rectangle; those of neighboring rectangles meet. */
export function hatch(ctx, x, y, width, height, color, step = 6) {
  ctx.save();
  ctx.beginPath();
  ctx.rect(x, y, width, height);
  ctx.clip();
  ctx.beginPath();
  for (let at = Math.floor((x - height) / step) * step; at < x + width; at += step) { ctx.moveTo(at, y + height); ctx.lineTo(at + height, y); }
  Object.assign(ctx, { strokeStyle: color, lineWidth: 1 });
  ctx.stroke();
  ctx.restore();
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
