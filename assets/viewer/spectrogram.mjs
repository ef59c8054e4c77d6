// Regional spectrograms on the shared time axis; limits and color map are applied here, without a request.
import { drawGaps } from "./overview.mjs";
import { text, within } from "./paint.mjs";

const SPACE = 2;      // CSS px between regions
const STOPS = {       // 17 stops each of matplotlib's maps (CC0), straight lines between them
  bluered: "2166ac92c5def7f7f7f4a582b2182b",      // blue is left, red is right (ColorBrewer RdBu)
  viridis: "44015448186a472d7b4240863b528b33638d2c728e26828e21918c1fa08828ae803fbc735ec96284d44baddc30d8e219fde725",
  magma: "0000040a08221d114736106b51127c6a1c818326819c2e7fb73779d0416fe75263f56b5cfc8961fea772fec488fde2a3fcfdbf",
  cividis: "00224e002e6a1a386f32436d434e6c535a6d61656f6f70737d7c788c88789b9476aba072bcae6ccdbb63dec958f0d846fee838",
  gray: "000000ffffff",
};

/** 256 colors of a map, one 32-bit word each. */
export function colormap(name) {
  const stops = STOPS[name].match(/../g).map((pair) => parseInt(pair, 16)), last = stops.length / 3 - 1;
  const channels = Uint8ClampedArray.from({ length: 1024 }, (_, i) => {
    const at = ((i >> 2) / 255) * last, k = Math.min(Math.floor(at), last - 1), c = 3 * k + (i & 3);
    return (i & 3) === 3 ? 255 : stops[c] + (stops[c + 3] - stops[c]) * (at - k);
  });
  return new Uint32Array(channels.buffer);
}

/** One bitmap per region of a tile, for these limits and this map; low frequencies below. */
export function bitmaps(tile, { lowDb, highDb, map }) {
  const colors = colormap(map), { freqs, times } = tile, share = (value) => (tile.floorDb + (value - 1) * tile.stepDb - lowDb) / (highDb - lowDb);
  const lookup = Uint32Array.from({ length: 256 }, (_, value) => value && colors[Math.max(0, Math.min(255, Math.round(share(value) * 255)))]);
  return tile.names.map((_, region) => bitmap(tile.power, region * freqs, freqs, times, lookup));
}

/** Rows of levels in the colors of `lookup`, the first row below. */
export function bitmap(levels, first, rows, times, lookup) {
  const image = new ImageData(times, rows), out = new Uint32Array(image.data.buffer), made = new OffscreenCanvas(times, rows);
  for (let row = 0; row < rows; row++) {
    const from = (first + row) * times, to = (rows - 1 - row) * times;
    for (let t = 0; t < times; t++) out[to + t] = lookup[levels[from + t]];
  }
  made.getContext("2d").putImageData(image, 0, 0);
  return made;
}

const rowHeight = (tile, height) => Math.max(8, (height - SPACE * (tile.regions - 1)) / tile.regions);

export function drawSpectra(ctx, axis, height, { tile, images, gaps, colors }) {
  const high = rowHeight(tile, height), left = axis.x(tile.startS), right = axis.x(tile.startS + tile.times * tile.columnS);
  within(ctx, axis.left, 0, axis.plotW, height, () => {
    ctx.imageSmoothingEnabled = false;
    images.forEach((image, region) => ctx.drawImage(image, left, region * (high + SPACE), right - left, high));
    drawGaps(ctx, axis, gaps, height, colors);
  });
  tile.names.forEach((name, region) => {
    const top = region * (high + SPACE), y = (hz) => top + high * (1 - (hz - tile.lowHz) / (tile.stepHz * (tile.freqs - 1)));
    text(ctx, name, axis.left - 36, top + high / 2, { color: colors.label, align: "right", weight: "bold" });
    for (const hz of high > 60 ? [5, 10, 15] : [10]) text(ctx, `${hz} Hz`, axis.left - 4, y(hz), { color: colors.label, size: 9, align: "right" });
  });
}

/** What lies under the pointer, in words. */
export function wordsAt(tile, axis, height, x, y) {
  const high = rowHeight(tile, height), region = Math.floor(y / (high + SPACE)), time = Math.floor((axis.seconds(x) - tile.startS) / tile.columnS);
  const freq = Math.floor((1 - (y - region * (high + SPACE)) / high) * tile.freqs);
  if (!tile.names[region] || freq < 0 || freq >= tile.freqs || time < 0 || time >= tile.times) return "";
  const value = tile.power[(region * tile.freqs + freq) * tile.times + time];
  const db = value ? `${(tile.floorDb + (value - 1) * tile.stepDb).toFixed(1)} dB` : "not recorded";
  return ` · ${tile.names[region]} · ${(tile.lowHz + freq * tile.stepHz).toFixed(2)} Hz · ${db}`;
}
