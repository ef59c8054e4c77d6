// Ribbon and spectrogram of the recording above the EEG: one axis, one view box, click anywhere to go there.
import { bytes, decodeRibbon, decodeSpectrogram } from "./bytes.mjs";
import { axisOf, drawOverview } from "./overview.mjs";
import { palette, sharp, text, withAlpha } from "./paint.mjs";
import { bitmaps, drawSpectra, wordsAt } from "./spectrogram.mjs";

const COLUMNS = 2000;      // of a spectrogram at most, per request: more than any screen shows

export class Strip {
  /** `root` holds the canvases and their controls; `hooks` = {go(seconds), hover(words, seconds), say(sentence)}. */
  constructor(root, facts, clock, hooks) {
    const part = (name) => root.querySelector(`[data-part=${name}]`), address = `/api/v1/studies/${facts.study}`;
    Object.assign(this, { facts, clock, hooks, address, root, annotations: [], readers: [], tiles: new Map(), rangeS: Infinity, startS: 0, look: { startS: 0, durationS: 0 } });
    Object.assign(this, { overview: part("overview"), spectrogram: part("spectrogram"), box: part("box") });
    this.display = { lowDb: -10, highDb: 25, map: "viridis" };
    for (const canvas of [this.overview, this.spectrogram]) {
      canvas.onclick = ({ offsetX }) => hooks.go(this.axis().seconds(offsetX));
      canvas.onpointermove = (event) => this.hovered(canvas, event);
      canvas.onpointerleave = () => hooks.hover("", null);
    }
    root.addEventListener("change", ({ target: { dataset, value } }) => {
      if (!(dataset.setting in this.display)) return;
      this.display[dataset.setting] = dataset.setting === "map" ? value : Number(value);
      this.paintSpectra();
    });
    root.addEventListener("click", ({ target }) => { this.setRange(target.closest("[data-action=range]")); this.shift(target.closest("[data-action=shift]")); });
    this.observer = new ResizeObserver(() => this.redraw());
    this.observer.observe(this.box);
    this.themed = new MutationObserver(() => this.redraw());
    this.themed.observe(document.documentElement, { attributes: true, attributeFilter: ["data-bs-theme"] });
  }

  async load() {
    if (this.facts.analysed && !this.facts.blind) this.ribbon = await bytes(`${this.address}/ribbon`).then(decodeRibbon).catch((error) => this.hooks.say(error.message));
    this.redraw();
  }

  axis() { return axisOf(this.startS, Math.min(this.facts.durationS, this.startS + this.rangeS), this.overview.clientWidth); }

  /** Show the whole recording or a part of it around the EEG page. */
  setRange(button) {
    if (!button) return;
    for (const other of this.root.querySelectorAll("[data-action=range]")) other.setAttribute("aria-pressed", String(other === button));
    const wanted = Number(button.dataset.argument) || Infinity;
    Object.assign(this, { rangeS: wanted < this.facts.durationS ? wanted : Infinity, startS: 0 });
    this.follow(true);
    this.redraw();
  }

  /** Move a part along the recording by a share of its length, wherever the EEG page is. */
  shift(button) {
    const byS = Number(button?.dataset.argument) * this.rangeS;
    if (!Number.isFinite(byS)) return;
    this.startS = Math.max(0, Math.min(this.startS + byS, this.facts.durationS - this.rangeS));
    this.redraw();
  }

  /** Keep the EEG page within the shown range; true if the range had to move. */
  follow(center = false) {
    const { look: { startS, durationS }, rangeS, facts } = this, inside = startS >= this.startS && startS + durationS <= this.startS + rangeS;
    if (rangeS === Infinity || (inside && !center)) return false;
    this.startS = Math.max(0, Math.min(startS + durationS / 2 - rangeS / 2, facts.durationS - rangeS));
    return true;
  }

  show(look) { this.look = look; return this.follow() ? this.redraw() : this.paintBox(); }

  redraw() { this.paintOverview(); this.paintBox(); this.loadSpectra(); }

  paintOverview() {
    const { ctx, height } = sharp(this.overview), colors = palette(this.root), axis = this.axis(), { ribbon, annotations, readers, clock, facts } = this;
    drawOverview(ctx, axis, height, { ribbon, annotations, readers, clock, colors, gaps: facts.gaps, events: facts.events, unsureBelow: facts.unsureBelow });
    if (!ribbon) text(ctx, facts.state, axis.left + 10, 44, { color: colors.label, size: 13 });
  }

  /** The part that the EEG page shows, over all panels. */
  paintBox() {
    const { ctx, height } = sharp(this.box), { startS, durationS } = this.look, { box } = palette(this.root);
    const part = durationS ? this.axis().clip(startS, startS + durationS, 3) : null;
    if (!part) return;
    Object.assign(ctx, { fillStyle: withAlpha(box, 0.15), strokeStyle: box, lineWidth: 1.5 });
    ctx.fillRect(part[0], 0, part[1], height);
    ctx.strokeRect(part[0] + 0.5, 0.75, Math.max(1, part[1] - 1), height - 1.5);
  }

  async loadSpectra() {
    const { startS, stopS, plotW } = this.axis(), key = `t0=${startS}&t1=${stopS}&columns=${Math.min(COLUMNS, Math.ceil(plotW / 100) * 100)}`;
    if (!this.facts.analysed || !this.spectrogram.clientHeight) return;
    this.wanted = key;
    if (!this.tiles.has(key)) this.tiles.set(key, bytes(`${this.address}/spectrogram?${key}`).then(decodeSpectrogram));
    const tile = await this.tiles.get(key).catch((error) => { this.tiles.delete(key); this.hooks.say(error.message); });
    if (this.wanted === key) this.paintSpectra(tile);        // else the range has moved on meanwhile
    while (this.tiles.size > 6) this.tiles.delete(this.tiles.keys().next().value);
  }

  paintSpectra(tile = this.tile) {
    const { display, facts } = this, made = JSON.stringify(display);
    if (!tile?.times || !this.spectrogram.clientHeight) return;
    if (this.tile !== tile || this.made !== made) Object.assign(this, { tile, made, images: bitmaps(tile, display) });
    const { ctx, height } = sharp(this.spectrogram);
    drawSpectra(ctx, this.axis(), height, { tile, images: this.images, gaps: facts.gaps, colors: palette(this.root) });
  }

  hovered(canvas, { offsetX, offsetY }) {
    const axis = this.axis(), seconds = axis.seconds(offsetX), inside = seconds >= axis.startS && seconds <= axis.stopS;
    const more = canvas === this.spectrogram && this.tile ? wordsAt(this.tile, axis, canvas.clientHeight, offsetX, offsetY) : "";
    this.hooks.hover(inside ? this.clock.time(seconds) + more : "", inside ? seconds : null);
  }

  close() { for (const watcher of [this.observer, this.themed]) watcher.disconnect(); }
}
