// Ribbon and spectrogram of the recording above the EEG: one axis, one view box, click anywhere to go there.

import { bytes, decodeRibbon } from "./bytes.mjs";
import { Axis, drawBox, drawOverview, spanAt } from "./overview.mjs";
import { palette, sharp, text } from "./paint.mjs";
import { bitmaps, drawSpectra, Spectra, wordsAt } from "./spectrogram.mjs";

const COLUMNS = 2000;      // of a spectrogram at most, per request: more than any screen shows

export class Strip {
  /** `root` holds the canvases and their controls; `hooks` = {go(seconds), hover(words, seconds), say(sentence)}. */
  constructor(root, facts, clock, hooks) {
    const part = (name) => root.querySelector(`[data-part=${name}]`), address = `/api/v1/studies/${facts.study}`;
    Object.assign(this, { facts, clock, hooks, address, root: part("strip"), rangeS: Infinity, startS: 0, annotations: [] });
    Object.assign(this, { overview: part("overview"), spectrogram: part("spectrogram"), box: part("box"), look: { startS: 0, durationS: 0 } });
    this.spectra = new Spectra(`${address}/spectrogram`);
    this.display = { lowDb: -10, highDb: 25, map: "viridis" };
    for (const canvas of [this.overview, this.spectrogram]) {
      canvas.addEventListener("click", (event) => hooks.go(this.axis().seconds(event.offsetX)));
      canvas.addEventListener("pointermove", (event) => this.hovered(canvas, event));
      canvas.addEventListener("pointerleave", () => hooks.hover("", null));
    }
    root.addEventListener("change", ({ target: { dataset, value } }) => {
      if (!(dataset.setting in this.display)) return;
      this.display[dataset.setting] = dataset.setting === "map" ? value : Number(value);
      this.paintSpectra();
    });
    root.addEventListener("click", ({ target }) => this.setRange(root, target.closest("[data-action=range]")));
    this.observer = new ResizeObserver(() => this.redraw());
    this.observer.observe(this.box);
    this.themed = new MutationObserver(() => this.redraw());
    this.themed.observe(document.documentElement, { attributes: true, attributeFilter: ["data-bs-theme"] });
  }

  async load() {
    try {
      if (this.facts.analysed) this.ribbon = decodeRibbon(await bytes(`${this.address}/ribbon`));
    } catch (error) {
      this.hooks.say(error.message);
    }
    this.redraw();
  }

  axis() {
    return new Axis(this.startS, Math.min(this.facts.durationS, this.startS + this.rangeS), this.overview.clientWidth);
  }

  /** Show the whole recording or a part of it around the EEG page. */
  setRange(root, button) {
    if (!button) return;
    for (const other of root.querySelectorAll("[data-action=range]")) other.setAttribute("aria-pressed", String(other === button));
    const wanted = Number(button.dataset.argument) || Infinity;
    Object.assign(this, { rangeS: wanted < this.facts.durationS ? wanted : Infinity, startS: 0 });
    this.follow(true);
    this.redraw();
  }

  /** Keep the EEG page within the shown range; true if the range had to move. */
  follow(center = false) {
    const { look: { startS, durationS }, rangeS, facts } = this, inside = startS >= this.startS && startS + durationS <= this.startS + rangeS;
    if (rangeS === Infinity || (inside && !center)) return false;
    this.startS = Math.max(0, Math.min(startS + durationS / 2 - rangeS / 2, facts.durationS - rangeS));
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
    const { ctx, height } = sharp(this.overview), colors = palette(this.root), axis = this.axis(), { ribbon, annotations, clock, facts } = this;
    drawOverview(ctx, axis, height, { ribbon, annotations, clock, colors, gaps: facts.gaps, events: facts.events });
    if (!ribbon) text(ctx, facts.state, axis.left + 10, 44, { color: colors.label, size: 13 });
  }

  paintBox() {
    const { ctx, height } = sharp(this.box);
    drawBox(ctx, this.axis(), height, this.look, palette(this.root));
  }

  async loadSpectra() {
    if (!this.facts.analysed || !this.spectrogram.clientHeight) return;
    const { startS, stopS, plotW } = this.axis();
    try {
      const tile = await this.spectra.load(startS, stopS, Math.min(COLUMNS, Math.ceil(plotW / 100) * 100)), now = this.axis();
      if (now.startS !== startS || now.stopS !== stopS) return;      // the range moved on meanwhile
      this.tile = tile;
      this.paintSpectra();
    } catch (error) {
      this.hooks.say(error.message);
    }
  }

  paintSpectra() {
    const { tile, display, facts } = this, wanted = JSON.stringify(display);
    if (!tile || !this.spectrogram.clientHeight) return;
    if (this.drawn?.tile !== tile || this.drawn.wanted !== wanted) this.drawn = { tile, wanted, images: bitmaps(tile, display) };
    const { ctx, height } = sharp(this.spectrogram);
    drawSpectra(ctx, this.axis(), height, { tile, images: this.drawn.images, gaps: facts.gaps, colors: palette(this.root) });
  }

  hovered(canvas, { offsetX, offsetY }) {
    const axis = this.axis(), seconds = axis.seconds(offsetX);
    if (seconds < axis.startS || seconds > axis.stopS) return this.hooks.hover("", null);
    const more = canvas === this.spectrogram && this.tile ? wordsAt(this.tile, axis, canvas.clientHeight, offsetX, offsetY) : "";
    this.hooks.hover(this.clock.time(seconds) + more, seconds);
  }

  spanAt(seconds) {
    return spanAt(this.ribbon, seconds);
  }

  close() {
    this.observer.disconnect();
    this.themed.disconnect();
  }
}
