// Ribbon, spectrogram and trends of the recording above the EEG: one axis, one view box; click or drag anywhere and the EEG follows.
import { bytes, decodeRibbon, decodeSpectrogram, decodeTrends } from "./bytes.mjs";
import { axisOf, drawOverview } from "./overview.mjs";
import { palette, sharp, text, withAlpha } from "./paint.mjs";
import { bitmaps, drawSpectra, wordsAt } from "./spectrogram.mjs";
import { drawTrends, laidOut, trendWords } from "./trends.mjs";

const COLUMNS = 2000, KEPT = 8;      // of a tile at most, per request: more than any screen shows; tiles in memory

export class Strip {
  /** `root` holds the canvases and their controls; `hooks` = {leave(), go(seconds), hover(words, seconds), say(sentence)}. */
  constructor(root, facts, clock, hooks) {
    const part = (name) => root.querySelector(`[data-part=${name}]`), address = `/api/v1/studies/${facts.study}`;
    Object.assign(this, { facts, clock, hooks, address, root, annotations: [], readers: [], tiles: new Map(), wanted: {}, held: null, rangeS: Infinity, startS: 0, look: { startS: 0, durationS: 0 } });
    Object.assign(this, { overview: part("overview"), spectrogram: part("spectrogram"), box: part("box"), trends: part("trends") });
    this.display = { lowDb: -10, highDb: 25, map: "viridis" };
    for (const canvas of [this.overview, this.spectrogram, this.trends]) {
      canvas.onpointerdown = (event) => this.grabbed(canvas, event);
      canvas.onpointermove = (event) => { this.hovered(canvas, event); this.scrubbed(event); };
      canvas.onpointerup = canvas.onpointercancel = () => { this.held = null; this.show(this.look); };
      canvas.onpointerleave = () => hooks.hover("", null);
    }
    root.addEventListener("change", ({ target: { dataset, value } }) => {
      if (!(dataset.setting in this.display)) return;
      this.display[dataset.setting] = dataset.setting === "map" ? value : Number(value);
      this.paintSpectra();
    });
    root.addEventListener("click", ({ target }) => {
      const trend = target.closest("[data-action=trend]");
      if (trend) { trend.ariaPressed = String(trend.ariaPressed !== "true"); this.loadTrends(); }
      this.shift(target.closest("[data-action=shift]"));
    });
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
  setRange(wanted) {
    Object.assign(this, { rangeS: wanted && wanted < this.facts.durationS ? wanted : Infinity, startS: 0 });
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

  /** While the pointer holds it the axis stays where it is. */
  show(look) { this.look = look; return !this.held && this.follow() ? this.redraw() : this.paintBox(); }

  redraw() { this.paintOverview(); this.paintBox(); this.loadSpectra(); this.loadTrends(); }

  paintOverview() {
    const { ctx, height } = sharp(this.overview), colors = palette(this.root), axis = this.axis(), { ribbon, annotations, readers, clock, facts } = this;
    drawOverview(ctx, axis, height, { ribbon, annotations, readers, clock, colors, gaps: facts.gaps, suggested: facts.suggested, events: facts.events, unsureBelow: facts.unsureBelow });
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

  /** A tile of the shown range, or nothing where the range has moved on meanwhile. */
  async tile(kind, decode, query = []) {
    const { startS, stopS, plotW } = this.axis(), range = [["t0", startS], ["t1", stopS], ["columns", Math.min(COLUMNS, Math.ceil(plotW / 100) * 100)]];
    const key = this.wanted[kind] = `${kind}?${new URLSearchParams([...range, ...query])}`;
    if (!this.tiles.has(key)) this.tiles.set(key, bytes(`${this.address}/${key}`).then(decode));
    while (this.tiles.size > KEPT) this.tiles.delete(this.tiles.keys().next().value);
    const tile = await this.tiles.get(key).catch((error) => { this.tiles.delete(key); this.hooks.say(error.message); });
    return this.wanted[kind] === key ? tile : undefined;
  }

  async loadSpectra() {
    if (this.facts.analysed && this.spectrogram.clientHeight) this.paintSpectra(await this.tile("spectrogram", decodeSpectrogram));
  }

  async loadTrends() {
    const chosen = [...this.root.querySelectorAll("[data-action=trend][aria-pressed=true]")].map(({ dataset }) => ["show", dataset.argument]);
    if (!this.facts.analysed || this.root.classList.contains("no-trends")) return;
    const tile = chosen.length ? await this.tile("trends", decodeTrends, chosen) : { strips: [], times: 0, startS: 0, columnS: 1 };
    if (!tile) return;
    this.trends.style.height = `${laidOut(tile)}px`;
    this.trendTile = tile;
    drawTrends(sharp(this.trends).ctx, this.axis(), { tile, gaps: this.facts.gaps, colors: palette(this.root) });
  }

  paintSpectra(tile = this.spectra) {
    const { display, facts } = this, made = JSON.stringify(display);
    if (!tile?.times || !this.spectrogram.clientHeight) return;
    if (this.spectra !== tile || this.made !== made) Object.assign(this, { spectra: tile, made, images: bitmaps(tile, display) });
    const { ctx, height } = sharp(this.spectrogram);
    drawSpectra(ctx, this.axis(), height, { tile, images: this.images, gaps: facts.gaps, colors: palette(this.root) });
  }

  /** Held with the main button: one entry of the history stays behind, however far the pointer goes. */
  grabbed(canvas, event) {
    if (event.button) return;
    canvas.setPointerCapture(event.pointerId);
    this.held = this.axis();
    this.hooks.leave();
    this.scrubbed(event);
  }

  scrubbed({ offsetX }) { if (this.held) this.hooks.go(Math.max(this.held.startS, Math.min(this.held.seconds(offsetX), this.held.stopS))); }

  hovered(canvas, { offsetX, offsetY }) {
    const axis = this.axis(), seconds = axis.seconds(offsetX), inside = seconds >= axis.startS && seconds <= axis.stopS;
    const spectral = canvas === this.spectrogram && this.spectra ? wordsAt(this.spectra, axis, canvas.clientHeight, offsetX, offsetY) : "";
    const more = canvas === this.trends && this.trendTile ? trendWords(this.trendTile, axis, offsetX, offsetY) : spectral;
    this.hooks.hover(inside ? this.clock.time(seconds) + more : "", inside ? seconds : null);
  }

  close() { for (const watcher of [this.observer, this.themed]) watcher.disconnect(); }
}
