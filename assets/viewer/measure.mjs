// Two cursors on the EEG: where they stand, how they move, what is drawn of them. What they tell is measured by Python and stands in the panel.
import { palette, sharp, strokes, text, within, withAlpha } from "./paint.mjs";

const GRAB_PX = 8, FAR_S = 0.1, SOON_MS = 120;
const FEWEST_PX = 4;           // caliper marks closer than this would be a gray block
const SETTINGS = ["lff", "hff", "notch", "cleaning"];

export class Measure {
  constructor(view) {
    const { root, canvas } = view, [rulers, list, place] = ["rulers", "measure-channel", "measure"].map((name) => view.part(name));
    Object.assign(this, { view, rulers, list, place, at: null, active: 0, channel: "", row: 0, told: "" });
    this.actions = {
      measure: () => this.toggle(), "measure-switch": () => this.at && this.change({ active: 1 - this.active }), "measure-caliper": () => this.at && (view.toggle("calipers"), this.draw()),
      "measure-on": () => this.step(1), "measure-back": () => this.step(-1), "measure-far-on": () => this.step(FAR_S * this.rate), "measure-far-back": () => this.step(-FAR_S * this.rate),
      "measure-up": () => this.choose(this.row - 1), "measure-down": () => this.choose(this.row + 1),
    };
    list.onchange = () => { this.choose(list.selectedIndex); list.blur(); };
    root.addEventListener("viewer-drawn", () => this.drawn());
    canvas.addEventListener("pointerdown", (event) => this.at && this.grab(event), { capture: true });
    canvas.addEventListener("pointermove", ({ offsetX }) => this.held && this.drag(offsetX));
    for (const name of ["pointerup", "pointercancel"]) canvas.addEventListener(name, () => { this.held = null; });
    new MutationObserver(() => this.draw()).observe(place, { childList: true, subtree: true, attributes: true });
  }

  get isOn() { return Boolean(this.at); }
  get page() { return this.view.drawn?.page; }
  get rate() { return this.page?.rate; }

  /** Begin with one cursor at the moment of the pointer and one a fifth of a page on; or end. */
  toggle() {
    const { view } = this, { durationS } = view;
    if (!this.page?.names.length) return;
    const first = Math.min(view.moment, view.startS + durationS * 0.75), at = this.at ? null : [first, first + durationS / 5];
    view.toggle("measuring");
    if (at && view.root.classList.contains("no-panel")) view.toggle("no-panel");
    Object.assign(this, { active: 0, fresh: true, held: null });
    if (at) this.place.closest("aside").scrollTop = 0;
    this.change({ at: at?.map((seconds) => this.snapped(seconds)) ?? null });
    this.drawn();
  }

  /** The sample nearest to a moment, within the recording. */
  snapped(seconds) { return Math.round(Math.max(0, Math.min(seconds, this.view.facts.durationS - 1 / this.rate)) * this.rate) / this.rate; }

  put(seconds, which = this.active) { this.change({ active: which, at: this.at.map((at, k) => (k === which ? this.snapped(seconds) : at)) }); }

  /** Move the active cursor by samples; where it leaves the page, the page follows. */
  step(samples) {
    if (!this.at || !this.page) return;
    const { view } = this, seconds = this.snapped(this.at[this.active] + samples / this.rate);
    this.put(seconds);
    if (seconds < view.startS || seconds > view.startS + view.durationS) view.center(seconds);
  }

  choose(row) {
    if (this.at && this.page?.names[row] !== undefined) this.change({ row, channel: this.page.names[row] });
  }

  change(what) {
    Object.assign(this, what);
    this.list.selectedIndex = this.row;
    this.draw();
    this.tell();
  }

  /** A press near a cursor takes it; elsewhere it brings the active one, and what is dragged from there is the other. */
  grab(event) {
    const { offsetX, offsetY, pointerId, target, button } = event, { geo } = this.view, away = this.at.map((at) => Math.abs(geo.x(at) - offsetX)), near = away[0] <= away[1] ? 0 : 1;
    event.stopImmediatePropagation();
    if (button || !this.page || offsetX < geo.left || offsetX > geo.right) return;
    target.setPointerCapture(pointerId);
    if (away[near] <= GRAB_PX) { Object.assign(this, { held: { which: near }, fresh: false }); this.change({ active: near }); return; }
    const which = this.active, distance = geo.rows.map((y) => Math.abs(y - offsetY));
    this.held = { which: 1 - which, fromX: offsetX };
    this.choose(distance.indexOf(Math.min(...distance)));
    this.put(this.seconds(offsetX));
    if (this.fresh) this.change({ active: 1 - which, fresh: false });      // the second press brings the second cursor
  }

  seconds(x) { const { geo, drawn } = this.view; return drawn.startS + (Math.max(geo.left, Math.min(x, geo.right)) - geo.left) / geo.pxPerS; }

  drag(x) {
    const { which, fromX } = this.held;
    if (fromX === undefined || Math.abs(x - fromX) > GRAB_PX) { delete this.held.fromX; this.put(this.seconds(x), which); }
  }

  /** After each painting of the page: its traces may be others. */
  drawn() {
    if (!this.at || !this.page?.names.length) return;
    const { names } = this.page, row = Math.max(0, names.indexOf(this.channel));
    if ([...this.list.options].map(({ value }) => value).join("\n") !== names.join("\n")) this.list.replaceChildren(...names.map((name) => new Option(name)));
    this.change({ row, channel: names[row] });
  }

  /** Have it measured when the cursors have come to rest. */
  tell() {
    const { at, active, channel, view } = this, settings = Object.fromEntries(SETTINGS.map((name) => [name, view.value(name)]));
    const data = at && { at, active, channel, montage: this.page?.montage, ...settings }, told = JSON.stringify(data);
    clearTimeout(this.timer);
    if (told !== this.told && (!at || channel)) this.timer = setTimeout(() => { this.told = told; window.dash_clientside.set_props("viewer-measure", { data }); }, at ? SOON_MS : 0);
  }

  /** What the panel holds for the eye on the page. */
  found(name) { const element = this.place.querySelector(`[data-${name}]`); return element ? JSON.parse(element.dataset[name]) : null; }

  draw() {
    const { ctx, height } = sharp(this.rulers), { geo, root } = this.view;
    if (!this.at || !this.page || !geo) return;
    const colors = palette(this.view.part("paper")), [low, high] = this.at.toSorted((a, b) => a - b), y = geo.rows[this.row], upright = (at, from = geo.top) => [[geo.x(at), from], [geo.x(at), geo.bottom]];
    within(ctx, geo.left, 0, geo.plotW, height, () => {
      ctx.fillStyle = withAlpha(colors.mark, 0.1);
      ctx.fillRect(geo.x(low), geo.top, (high - low) * geo.pxPerS, geo.plotH);
      ctx.fillRect(geo.left, y - geo.row / 2, geo.plotW, geo.row);
      if (root.classList.contains("calipers")) this.drawCaliper(ctx, geo, low, high - low, colors, upright);
      for (const at of this.found("discharges") ?? []) strokes(ctx, [[[geo.x(at) - 4, geo.top - 7], [geo.x(at), geo.top], [geo.x(at) + 4, geo.top - 7], [geo.x(at) - 4, geo.top - 7]]], colors.mark, 1.5);
      this.at.forEach((at, k) => {
        strokes(ctx, [upright(at)], colors.box, k === this.active ? 2 : 1);
        text(ctx, `${k + 1}`, geo.x(at), geo.top + 8, { color: colors.paper, paper: colors.box, align: "center", weight: "bold" });
      });
      this.drawValues(ctx, geo, colors);
      if ((high - low) * geo.pxPerS > 90) text(ctx, this.inShort(high - low), (geo.x(low) + geo.x(high)) / 2, geo.bottom - 9, { color: colors.box, paper: colors.paper, align: "center", weight: "bold" });
    });
  }

  inShort(seconds) { return `${seconds < 1 ? `${Math.round(seconds * 1e4) / 10} ms` : `${seconds.toFixed(3)} s`} · ${(1 / seconds).toFixed(2)} Hz`; }

  /** The interval of the cursors goes on over the page, to see whether discharges keep it. */
  drawCaliper(ctx, geo, from, step, colors, upright) {
    if (step * geo.pxPerS < FEWEST_PX) return;
    ctx.setLineDash([5, 4]);
    const first = Math.ceil((this.view.drawn.startS - from) / step), count = Math.floor((geo.stopS - from) / step) - first + 1;
    strokes(ctx, Array.from({ length: Math.max(0, count) }, (_, k) => upright(from + (first + k) * step)), colors.clipped, 1.2);
    ctx.setLineDash([]);
  }

  /** A point on the trace at each cursor, once it is measured. */
  drawValues(ctx, geo, colors) {
    const { at, uv, channel } = this.found("cursors") ?? { at: [] };
    ctx.fillStyle = colors.box;
    at.forEach((seconds, k) => {
      if (channel !== this.channel || uv[k] === null || Math.abs(seconds - this.at[k]) > 0.5 / this.rate) return;
      ctx.beginPath();
      ctx.arc(geo.x(seconds), geo.rows[this.row] + uv[k] * geo.pxPerUv(this.page.kinds[this.row]), 3.5, 0, 7);
      ctx.fill();
    });
  }
}
