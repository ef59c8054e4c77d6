// Trends beneath the spectrogram: lines of left and right, or images. Levels, ticks and words are the server's; here they get their place.
import { drawGaps } from "./overview.mjs";
import { text, within } from "./paint.mjs";
import { bitmap, colormap } from "./spectrogram.mjs";

const SPACE = 5, DASHES = { left: [], right: [5, 2], both: [] };      // CSS px

/** Give every strip its place; the height of all. */
export function laidOut({ strips }) {
  let top = SPACE, first = 0;
  for (const strip of strips) { Object.assign(strip, { top, first }); top += strip.px + SPACE; first += strip.rows; }
  return top;
}

export function drawTrends(ctx, axis, { tile, gaps, colors }) {
  const left = axis.x(tile.startS), stepPx = axis.x(tile.startS + tile.columnS) - left;
  for (const strip of tile.strips) {
    const { title, top, px, ticks, sides, map, first, rows } = strip;
    within(ctx, axis.left, top, axis.plotW, px, () => {
      ctx.imageSmoothingEnabled = false;
      if (map) ctx.drawImage(strip.image ??= bitmap(tile.levels, first, rows, tile.times, colormap(map).fill(0, 0, 1)), left, top, stepPx * tile.times, px);
      sides.forEach((side, k) => drawLine(ctx, tile, first + k, left + stepPx / 2, stepPx, top, px, colors[side], DASHES[side]));
      drawGaps(ctx, axis, gaps, top + px, colors);
    });
    Object.assign(ctx, { strokeStyle: colors.grid, lineWidth: 1 });
    ctx.strokeRect(axis.left + 0.5, top + 0.5, axis.plotW - 1, px - 1);
    text(ctx, title, 3, top + px / 2, { color: colors.label, size: 10 });
    for (const [share, words] of ticks) text(ctx, words, axis.left - 4, Math.max(top + 5, top + px * (1 - share)), { color: colors.label, size: 9, align: "right" });
  }
}

function drawLine(ctx, { levels, times }, row, left, stepPx, top, px, strokeStyle, dash) {
  let pen = false;
  ctx.beginPath();
  for (let i = 0; i < times; i++) {
    const level = levels[row * times + i], at = left + i * stepPx, y = top + 1 + (px - 2) * (1 - (level - 1) / 254);
    if (level && !pen) ctx.moveTo(at - 0.5, y);      // so that a column between two gaps shows, too
    if (level) ctx.lineTo(at, y);
    pen = level > 0;
  }
  Object.assign(ctx, { strokeStyle, lineWidth: 1.3 });
  ctx.setLineDash(dash);
  ctx.stroke();
  ctx.setLineDash([]);
}

/** What lies under the pointer, in the server's words. */
export function trendWords(tile, axis, x, y) {
  const strip = tile.strips.find(({ top, px }) => y >= top && y < top + px), time = Math.floor((axis.seconds(x) - tile.startS) / tile.columnS);
  if (!strip || time < 0 || time >= tile.times) return "";
  const { title, first, rows, rowWords, words, map, top, px } = strip, shown = map ? [Math.floor((1 - (y - top) / px) * rows)] : [...rowWords.keys()];
  return ` · ${title} · ${shown.map((row) => `${rowWords[row]} ${words[tile.levels[(first + row) * tile.times + time] - 1] ?? "not known"}`).join(", ")}`;
}
