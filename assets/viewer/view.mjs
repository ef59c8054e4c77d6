// The viewer: what is shown, how it changes, and what follows from a change. Drawing is in eeg.mjs and strip.mjs.
import { fetched, NOT_RECORDED } from "./bytes.mjs";
import { Clock } from "./clock.mjs";
import { draw, GUTTER, RIGHT } from "./eeg.mjs";
import { Findings } from "./findings.mjs";
import { actionOf } from "./keys.mjs";
import { spanAt } from "./overview.mjs";
import { Pages } from "./pages.mjs";
import { palette, sharp } from "./paint.mjs";
import { showNotes, showWindow } from "./panel.mjs";
import { Strip } from "./strip.mjs";

const CSS_PX_PER_MM = 96 / 25.4;      // what a CSS pixel means where nobody has measured the screen
const AHEAD = [1, 2, 3];              // pages fetched ahead in the direction of paging
const SMALL_PX = 900;                 // a window lower than this begins without the spectrogram
const ON_SERVER = ["montage", "lff", "hff", "notch", "cleaning"];

export class View {
  constructor(root, facts) {
    this.part = (name) => root.querySelector(`[data-part=${name}]`);
    this.list = (name) => root.querySelector(`select[data-setting=${name}]`);     // what Python offers there is what there is
    this.value = (name) => this.list(name).value;
    this.say = (words) => { this.part("said").textContent = words; };
    const clock = new Clock(facts.startLocal), address = `/api/v1/studies/${facts.study}`, { say } = this;
    Object.assign(this, { root, facts, clock, address, notes: [], startS: 0, turn: 0, cursorS: null, canvas: this.part("eeg") });
    this.pages = new Pages(`${address}/page`);
    this.strip = new Strip(root, facts, clock, { say, go: (seconds) => this.center(seconds), hover: (words, seconds) => this.hovered(words, seconds) });
    this.findings = new Findings(this.part("events"), facts, clock, {
      say, changed: () => { this.paint(); this.strip.paintOverview(); }, go: (event) => this.goEvent(event),
      seen: () => ({ start_s: this.startS, duration_s: this.durationS, screen: this.part("status").textContent }),
    });
    this.listen();
    this.open();
  }

  open() {
    const query = new URLSearchParams(location.search), montage = this.list("montage"), wanted = query.get("m");
    if ([...montage.options].some(({ value }) => value === wanted)) montage.value = wanted;
    for (const option of this.list("page").options) option.disabled = option.value.endsWith("mm") && !this.facts.pxPerMm;
    if (window.innerHeight < SMALL_PX) this.toggle("no-spectrogram");
    this.goTo(Number(query.get("t")) || 0, 1);
    this.strip.load().then(() => this.detail());
    fetched(`${this.address}/annotations`).then((answer) => answer.json()).then(({ annotations }) => {
      this.notes = this.strip.annotations = annotations;
      showNotes(this.part("notes"), annotations, this.clock, ({ onset }) => this.center(onset));
      this.strip.paintOverview();
      this.paint();
    }).catch((error) => this.say(error.message));
  }

  listen() {
    this.ended = new AbortController();
    document.addEventListener("keydown", (event) => this.pressed(event), { signal: this.ended.signal });
    this.root.addEventListener("click", (event) => this.clicked(event));
    this.root.addEventListener("change", ({ target }) => target.dataset.setting && this.changed(target));
    this.canvas.onpointermove = (event) => this.pointed(event);
    this.canvas.onpointerleave = () => this.hovered("", null);
    this.part("goto-form").onsubmit = (event) => this.submitted(event);
    this.resized = new ResizeObserver(() => (this.value("page").endsWith("mm") ? this.goTo(this.startS) : this.paint()));
    this.resized.observe(this.canvas);
  }

  close() {
    this.stopPlay();
    this.ended.abort();
    this.resized.disconnect();
    this.strip.close();
    this.pages.keepOnly([]);
    for (const timer of [this.addressTimer, this.spoken]) clearTimeout(timer);
    this.turn = -1;
  }

  get pxPerMm() { return this.facts.pxPerMm || CSS_PX_PER_MM; }
  get plotW() { return Math.max(50, this.canvas.clientWidth - GUTTER - RIGHT); }
  get durationS() {
    const chosen = this.value("page");
    return chosen.endsWith("mm") ? Math.round((this.plotW / this.pxPerMm / parseFloat(chosen)) * 10) / 10 : Number(chosen);
  }

  query(startS) {
    const px = Math.ceil((this.plotW * (window.devicePixelRatio || 1)) / 100) * 100, query = { t0: startS.toFixed(3), dur: this.durationS, px };
    for (const name of ON_SERVER) if (this.value(name)) query[name] = this.value(name);
    return query;
  }

  clamp(startS) { return Math.max(0, Math.min(startS, this.facts.durationS - this.durationS)); }
  center(seconds) { return this.goTo(seconds - this.durationS / 2); }
  goEvent({ start, stop }) { return stop - start < this.durationS ? this.center((start + stop) / 2) : this.goTo(start - this.durationS * 0.1); }

  goTo(startS, direction = 0) {
    this.startS = this.clamp(startS);
    this.strip.show({ startS: this.startS, durationS: this.durationS });
    return this.show(direction);
  }

  /** Bring the page on the screen: from memory at once, else from the server. Only the newest wish is drawn, and an old
   *  page is never left under a new time. */
  async show(direction) {
    const turn = ++this.turn, { startS, durationS } = this, slow = setTimeout(() => turn === this.turn && this.root.classList.add("loading"), 200);
    const ahead = direction ? AHEAD.map((k) => this.query(this.clamp(startS + direction * k * durationS))) : [];
    this.pending = true;
    this.noteAddress();
    const drawn = await this.pages.show(this.query(startS), ahead).then((page) => ({ page, startS, durationS }), (problem) => ({ problem }));
    clearTimeout(slow);
    if (turn !== this.turn) return;
    this.root.classList.remove("loading");
    Object.assign(this, { drawn, pending: false });
    if (drawn.problem) this.stopPlay();
    this.paint();
  }

  paint() { this.frame ??= requestAnimationFrame(() => { this.frame = null; if (this.turn > 0) this.paintNow(); }); }

  paintNow() {
    const { ctx, width, height } = sharp(this.canvas), { page, startS, durationS, problem } = this.drawn ?? {}, { facts, clock, pxPerMm, notes } = this;
    Object.assign(this.part("problem"), { textContent: problem?.message ?? "", hidden: !problem });
    if (!page) return;
    const gaps = [...page.gaps, [facts.durationS, startS + durationS]].filter(([from, to]) => from < to), colors = palette(this.part("paper"));
    const look = { width, height, startS, durationS, clock, pxPerMm, colors, uvPerMm: Number(this.value("sensitivity")), negativeUp: this.value("polarity") === "up" };
    this.geo = draw(ctx, page, look, { gaps, events: facts.events, annotations: notes });
    this.tell();
    this.detail();
    this.root.dispatchEvent(new CustomEvent("viewer-drawn", { detail: { startS, durationS } }));
  }

  /** The status line at once; what the page shows in words, for those who hear it, after the paging has come to rest. */
  tell() {
    const { page, startS, durationS } = this.drawn, stopS = startS + durationS, { clock, facts } = this;
    const speed = `${(this.plotW / this.pxPerMm / durationS).toFixed(1)} mm/s (${durationS} s/page)`, few = page.missing.length < 6;
    const missing = page.missing.length ? `not recorded: ${few ? page.missing.join(", ") : `${page.missing.length} electrodes`}` : "";
    const parts = [page.status, `${this.value("sensitivity")} µV/mm`, speed, `negative ${this.value("polarity")}`, facts.pxPerMm ? "" : "screen not calibrated", missing];
    this.part("status").textContent = parts.filter(Boolean).join(" | ");
    clearTimeout(this.spoken);
    this.spoken = setTimeout(() => {
      const here = facts.events.filter((event) => event.start < stopS && event.stop > startS);
      const found = here.map((event) => `model suggests ${event.pattern}, highest probability ${event.max.toFixed(2)}`);
      const words = [`EEG page ${clock.time(startS)} to ${clock.time(stopS)}`, page.montage, page.banner, ...new Set(page.poor), ...found].filter(Boolean).join(", ");
      this.canvas.setAttribute("aria-label", words);
      this.part("live").textContent = words;
    }, 500);
  }

  /** Six probabilities of the window under the cursor, or at the middle of the page. */
  detail() { showWindow(this.part("window"), this.strip.ribbon, spanAt(this.strip.ribbon, this.cursorS ?? this.startS + this.durationS / 2), this.clock); }

  noteAddress() {
    this.addressTimer ??= setTimeout(() => {
      this.addressTimer = null;
      const query = new URLSearchParams({ t: Math.round(this.startS * 10) / 10, m: this.value("montage") });
      history.replaceState(history.state, "", `${location.pathname}?${query}`);
    }, 200);
  }

  pressed(event) {
    const action = actionOf(event, this.facts);
    if (!action) return;
    event.preventDefault();
    if (!event.repeat || !(this.pending || this.frame)) this.act(...action);       // a held key waits for the page on its way: none is skipped unseen
  }

  clicked(event) {
    const button = event.target.closest("button");
    if (event.detail) button?.blur();                              // after a mouse click the keys belong to the page again
    if (button?.dataset.action) this.act(button.dataset.action);
  }

  act(name, argument) {
    const { startS, durationS, findings } = this, middle = startS + durationS / 2, turn = (pages) => () => this.goTo(startS + pages * durationS, Math.sign(pages));
    const actions = {
      next: turn(1), previous: turn(-1), "half-on": turn(0.5), "half-back": turn(-0.5),
      first: () => this.goTo(0, 1), last: () => this.goTo(Infinity, -1),
      "second-on": () => this.goTo(startS + 1), "second-back": () => this.goTo(startS - 1),
      "more-sensitive": () => this.cycle("sensitivity", -1), "less-sensitive": () => this.cycle("sensitivity", 1),
      shorter: () => this.cycle("page", -1), longer: () => this.cycle("page", 1), montage: () => this.choose("montage", argument),
      notch: () => this.cycle("notch", 1, true), lff: () => this.cycle("lff", 1, true), hff: () => this.cycle("hff", 1, true),
      "next-event": () => findings.step(1, middle), "previous-event": () => findings.step(-1, middle),
      accept: () => findings.decideSelected("accepted"), dismiss: () => findings.decideSelected("dismissed"), undo: () => findings.undo(),
      spectrogram: () => this.toggle("no-spectrogram"), panel: () => this.toggle("no-panel"), paper: () => this.toggle("paper-dark"),
      "go-to": () => this.part("goto").showModal(), help: () => this.part("help").showModal(),
      raw: () => this.choose("cleaning", 0), "close-dialog": () => this.root.querySelector("dialog[open]")?.close(), play: () => this.play(),
    };
    actions[name]?.();
  }

  toggle(name) {
    const on = this.root.classList.toggle(name), button = this.root.querySelector(`[data-toggles=${name}]`);
    button.setAttribute("aria-pressed", String(on === (button.dataset.when === "on")));
    this.strip.redraw();
    this.paint();
  }

  /** Move a list by `step`; at its ends it stops unless it goes `around`. */
  cycle(name, step, around = false) {
    const { options, selectedIndex } = this.list(name), count = [...options].filter(({ disabled }) => !disabled).length, at = selectedIndex + step;
    this.choose(name, around ? at % count : Math.max(0, Math.min(at, count - 1)));
  }

  choose(name, index) {
    const list = this.list(name);
    if (!list.options[index] || index === list.selectedIndex) return;
    list.selectedIndex = index;
    this.changed(list);
  }

  changed(list) {
    const { setting } = list.dataset;
    list.blur();
    if (setting === "page") this.goTo(this.startS);
    else if (ON_SERVER.includes(setting)) this.show(0);
    else if (setting === "speed") this.stopPlay();
    else this.paint();
  }

  play() {
    if (this.playing) return this.stopPlay();
    const speed = this.value("speed"), everyS = speed.endsWith("x") ? this.durationS / parseFloat(speed) : 60 / Number(speed);
    const turn = () => (this.startS >= this.clamp(Infinity) ? this.stopPlay() : this.pending || this.act("next"));
    this.root.classList.add("playing");
    return Object.assign(this, { playing: setInterval(turn, everyS * 1000) });
  }

  stopPlay() { this.root.classList.remove("playing"); this.playing = clearInterval(this.playing); }

  submitted(event) {
    event.preventDefault();
    const { value } = this.part("goto").querySelector("input"), seconds = this.clock.seconds(value);
    this.part("goto").close();
    if (seconds <= this.facts.durationS) this.center(seconds);
    else this.say(`"${value}" is not a time of this recording; write 14:26:08, +90 or +1:30.`);
  }

  /** The pointer over the EEG: time, trace and true value. */
  pointed({ offsetX, offsetY }) {
    const { geo, drawn } = this, page = drawn?.page, seconds = page ? drawn.startS + (offsetX - geo.left) / geo.pxPerS : NaN;
    if (!(offsetX >= geo?.left && seconds <= geo.stopS)) return this.hovered("", null);
    const distance = geo.rows.map((y) => Math.abs(y - offsetY)), row = distance.indexOf(Math.min(...distance));
    const raw = page.data[row * page.samples + Math.floor((seconds - page.startS) * page.sfreqHz) * (page.pairs ? 2 : 1)] ?? NOT_RECORDED;
    const value = raw === NOT_RECORDED ? "not recorded" : `${(raw * page.scale[row]).toFixed(1)} µV`;
    return this.hovered([this.clock.time(seconds, 2), page.names[row], value, page.poor[row] && `on this page: ${page.poor[row]}`].filter(Boolean).join(" · "), seconds, offsetX);
  }

  hovered(words, seconds, x = null) {
    this.part("readout").textContent = words;
    this.part("cursor").hidden = x === null;
    this.part("cursor").style.left = `${x ?? 0}px`;
    this.cursorS = seconds;
    this.detail();
  }
}
