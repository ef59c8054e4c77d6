// Ribbon and spectrogram of the recording above the EEG: one axis, one view box, click anywhere to go there.

import { decodeRibbon, fetched } from "./bytes.mjs";
import { Axis, drawBox, drawOverview, spanAt } from "./overview.mjs";
import { palette, sharp, text } from "./paint.mjs";
import { bitmaps, drawSpectra, Spectra, valueAt } from "./spectrogram.mjs";

const COLUMNS = 2000;      // at most, per request: more than any screen shows

export class Strip {
  /** `hooks` = {go(seconds), hover(words), say(sentence)}; `look()` tells what the EEG page shows, if there is one. */
  constructor(root, facts, clock, hooks) {
    Object.assign(this, { root, facts, clock, hooks, rangeS: Infinity, startS: 0, ribbon: null, annotations: [], tile: null });
    const part = (name) => root.querySelector(`[data-part=${name}]`);
    this.overview = part("overview");
    this.spectrogram = part("spectrogram");
    this.box = part("box");
    this.address = `/api/v1/studies/${facts.study}`;
    this.spectra = new Spectra(`${this.address}/spectrogram`);
    this.display = { lowDb: -10, highDb: 25, map: "viridis" };
    this.look = { startS: 0, durationS: 0 };
    for (const canvas of [this.overview, this.spectrogram]) {
      canvas.addEventListener("click", (event) => this.hooks.go(this.axis().seconds(event.offsetX)));
      canvas.addEventListener("pointermove", (event) => this.hovered(canvas, event));
      canvas.addEventListener("pointerleave", () => this.hooks.hover(""));
    }
    this.observer = new ResizeObserver(() => this.redraw());
    this.observer.observe(this.box);
  }

  async load() {
    if (!this.facts.analysed) return;
    try {
      this.ribbon = decodeRibbon(await (await fetched(`${this.address}/ribbon`)).arrayBuffer());
    } catch (error) {
      this.hooks.say(error.message);
    }
    this.redraw();
  }

  axis() {
    const stop = Math.min(this.facts.durationS, this.startS + this.rangeS);
    return new Axis(this.startS, stop, this.overview.clientWidth);
  }

  /** Show the whole recording (Infinity) or a part of this length around the EEG page. */
  setRange(rangeS) {
    this.rangeS = rangeS < this.facts.durationS ? rangeS : Infinity;
    this.startS = 0;
    this.follow(true);
    this.redraw();
  }

  setDisplay(change) {
    Object.assign(this.display, change);
    this.paintSpectra();
  }

  /** Keep the EEG page within the shown range; true if the range had to move. */
  follow(center = false) {
    if (this.rangeS === Infinity) return false;
    const { startS, durationS } = this.look, middle = startS + durationS / 2;
    const inside = startS >= this.startS && startS + durationS <= this.startS + this.rangeS;
    if (inside && !center) return false;
    this.startS = Math.max(0, Math.min(middle - this.rangeS / 2, this.facts.durationS - this.rangeS));
    return true;
  }

  show(look) {
    this.look = look;
    if (this.follow()) this.redraw(); else this.paintBox();
  }

  redraw() {
    this.paintOverview();
    this.paintBox();
    this.loadSpectra();
  }

  paintOverview() {
    const { ctx, width, height } = sharp(this.overview), { ribbon, annotations, clock, facts } = this;
    const colors = palette(this.root), axis = this.axis();
    drawOverview(ctx, axis, { width, height }, { ribbon, gaps: facts.gaps, events: facts.events, annotations, colors, clock });
    if (!ribbon) text(ctx, facts.state, axis.left + 10, 44, { color: colors.label, size: 13 });
  }

  paintBox() {
    const { ctx, width, height } = sharp(this.box);
    ctx.clearRect(0, 0, width, height);
    if (this.look.durationS) drawBox(ctx, this.axis(), height, this.look, palette(this.root));
  }

  async loadSpectra() {
    if (!this.facts.analysed || !this.spectrogram.clientHeight) return;
    const axis = this.axis(), columns = Math.min(COLUMNS, Math.ceil(axis.plotW / 100) * 100);
    try {
      const tile = await this.spectra.load(axis.startS, axis.stopS, columns);
      const now = this.axis();
      if (now.startS !== axis.startS || now.stopS !== axis.stopS) return;      // the range moved on meanwhile
      this.tile = tile;
      this.paintSpectra();
    } catch (error) {
      this.hooks.say(error.message);
    }
  }

  paintSpectra() {
    if (!this.tile || !this.spectrogram.clientHeight) return;
    const { ctx, width, height } = sharp(this.spectrogram), { tile, display, facts } = this;
    const wanted = JSON.stringify(display);
    if (this.imagesOf !== tile || this.imagesFor !== wanted) {
      Object.assign(this, { images: bitmaps(tile, display), imagesOf: tile, imagesFor: wanted });
    }
    const colors = palette(this.root);
    drawSpectra(ctx, this.axis(), { width, height }, { tile, images: this.images, gaps: facts.gaps, colors });
  }

  hovered(canvas, event) {
    const axis = this.axis(), seconds = axis.seconds(event.offsetX);
    if (seconds < axis.startS || seconds > axis.stopS) return this.hooks.hover("");
    const found = canvas === this.spectrogram && this.tile && valueAt(this.tile, axis, canvas.clientHeight, event.offsetX, event.offsetY);
    const db = found && found.db !== null ? `${found.db.toFixed(1)} dB` : "not recorded";
    this.hooks.hover(this.clock.time(seconds) + (found ? ` · ${found.region} · ${found.hz.toFixed(2)} Hz · ${db}` : ""), seconds);
  }

  spanAt(seconds) {
    return spanAt(this.ribbon, seconds);
  }

  close() {
    this.observer.disconnect();
  }
}

