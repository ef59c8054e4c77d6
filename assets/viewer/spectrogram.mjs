// Regional spectrograms on the shared time axis; limits and color map are applied here, without a request.

import { decibels, decodeSpectrogram, fetched } from "./bytes.mjs";
import { colormap } from "./colormaps.mjs";
import { hatch, text } from "./paint.mjs";

const SPACE = 2;

/** Loads what the shown range needs, once per range, and keeps the last few. */
export class Spectra {
  constructor(address) {
    this.address = address;
    this.kept = new Map();
  }

  /** The tile of a range at `columns` columns; a promise that everybody who asks for the same range shares. */
  load(startS, stopS, columns) {
    const key = new URLSearchParams({ t0: startS.toFixed(1), t1: stopS.toFixed(1), columns }).toString();
    if (!this.kept.has(key)) {
      const promise = fetched(`${this.address}?${key}`).then(async (answer) => decodeSpectrogram(await answer.arrayBuffer()));
      promise.catch(() => this.kept.delete(key));
      this.kept.set(key, promise);
      if (this.kept.size > 6) this.kept.delete(this.kept.keys().next().value);
    }
    return this.kept.get(key);
  }
}

/** One bitmap per region from a tile, for these limits and this map. */
export function bitmaps(tile, { lowDb, highDb, map }) {
  const colors = colormap(map), lookup = new Uint32Array(256), words = new Uint32Array(colors.buffer);
  for (let value = 1; value < 256; value++) {
    const share = (tile.floorDb + (value - 1) * tile.stepDb - lowDb) / (highDb - lowDb);
    lookup[value] = words[Math.max(0, Math.min(255, Math.round(share * 255)))];
  }
  return tile.names.map((_, region) => {
    const image = new ImageData(tile.times, tile.freqs), out = new Uint32Array(image.data.buffer);
    for (let f = 0; f < tile.freqs; f++) {
      const from = (region * tile.freqs + f) * tile.times, to = (tile.freqs - 1 - f) * tile.times;   // low frequencies below
      for (let t = 0; t < tile.times; t++) out[to + t] = lookup[tile.power[from + t]];
    }
    const bitmap = new OffscreenCanvas(tile.times, tile.freqs);
    bitmap.getContext("2d").putImageData(image, 0, 0);
    return bitmap;
  });
}

export function drawSpectra(ctx, axis, size, { tile, images, gaps, colors }) {
  ctx.clearRect(0, 0, size.width, size.height);
  const high = rowHeight(tile, size.height);
  ctx.imageSmoothingEnabled = false;
  ctx.save();
  ctx.beginPath();
  ctx.rect(axis.left, 0, axis.plotW, size.height);
  ctx.clip();
  images.forEach((image, region) => {
    const left = axis.x(tile.startS), right = axis.x(tile.startS + tile.times * tile.columnS);
    ctx.drawImage(image, left, region * (high + SPACE), right - left, high);
  });
  for (const [from, to] of gaps) {
    const part = axis.clip(from, to, 1);
    if (part) hatch(ctx, part[0], 0, part[1], size.height, colors.gap, 5);
  }
  ctx.restore();
  tile.names.forEach((name, region) => {
    const y = region * (high + SPACE);
    text(ctx, name, axis.left - 30, y + high / 2, { color: colors.label, align: "right", weight: "bold" });
    for (const hz of [5, 10, 15]) {
      const at = y + high * (1 - (hz - tile.lowHz) / (tile.stepHz * (tile.freqs - 1)));
      if (high > 60 || hz === 10) text(ctx, `${hz} Hz`, axis.left - 3, at, { color: colors.label, size: 9, align: "right" });
    }
  });
}

function rowHeight(tile, height) {
  return Math.max(8, (height - SPACE * (tile.regions - 1)) / tile.regions);
}

/** What lies under the pointer: region, Hz and dB (null where nothing was recorded). */
export function valueAt(tile, axis, height, x, y) {
  const high = rowHeight(tile, height), region = Math.floor(y / (high + SPACE));
  const share = 1 - (y - region * (high + SPACE)) / high, freq = Math.floor(share * tile.freqs);
  const time = Math.floor((axis.seconds(x) - tile.startS) / tile.columnS);
  if (region < 0 || region >= tile.regions || freq < 0 || freq >= tile.freqs || time < 0 || time >= tile.times) return null;
  return { region: tile.names[region], hz: tile.lowHz + freq * tile.stepHz, db: decibels(tile, region, freq, time) };
}
