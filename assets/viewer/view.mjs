// The viewer: what is shown, how it changes, and what follows from a change. Drawing is in eeg.mjs and strip.mjs.

import { fetched } from "./bytes.mjs";
import { Clock } from "./clock.mjs";
import { draw, GUTTER, RIGHT } from "./eeg.mjs";
import { Findings } from "./findings.mjs";
import { actionOf } from "./keys.mjs";
import { palette, sharp } from "./paint.mjs";
import { Pages } from "./pages.mjs";
import { showNotes, showWindow } from "./panel.mjs";
import { Strip } from "./strip.mjs";

const CSS_PX_PER_MM = 96 / 25.4;      // what a CSS pixel means where nobody has measured the screen
const AHEAD = 3;                      // pages fetched ahead in the direction of paging
const SERVER_SIDE = ["montage", "lff", "hff", "notch"];

export class View {
  constructor(root, facts) {
    this.root = root;
    this.facts = facts;
    this.clock = new Clock(facts.startLocal);
    this.pages = new Pages(`/api/v1/studies/${facts.study}/page`);
    this.canvas = this.part("eeg");
    this.notes = [];
    this.startS = 0;
    this.turn = 0;
    this.cursorS = null;
    const hooks = { go: (s) => this.center(s), hover: (words, s) => this.hovered(words, s), say: (words) => this.say(words) };
    this.strip = new Strip(this.part("strip"), facts, this.clock, hooks);
    this.findings = new Findings(this.part("events"), facts.events, { clock: this.clock, mayReview: facts.mayReview }, {
      changed: () => { this.paint(); this.strip.paintOverview(); }, go: (event) => this.goEvent(event),
      say: (words) => this.say(words), seen: () => this.seen(),
    });
    this.listen();
    this.open();
  }

  part(name) {
    return this.root.querySelector(`[data-part=${name}]`);
  }

  /** Settings live in the lists of the toolbar: what Python offers there is what there is. */
  control(name) {
    return this.root.querySelector(`select[data-setting=${name}]`);
  }

  value(name) {
    return this.control(name).value;
  }

  // --- beginning and end -------------------------------------------------------------------------------------------

  open() {
    const query = new URLSearchParams(location.search), start = Number(query.get("t"));
    if (query.has("m")) this.pick("montage", query.get("m"));
    for (const option of this.control("page").options) option.disabled = option.value.endsWith("mm") && !this.facts.pxPerMm;
    this.fit();
    this.goTo(Number.isFinite(start) ? start : 0, 1);
    this.strip.load().then(() => this.detail());
    this.loadNotes();
  }

  async loadNotes() {
    try {
      const { annotations } = await (await fetched(`/api/v1/studies/${this.facts.study}/annotations`)).json();
      this.notes = this.strip.annotations = annotations;
      showNotes(this.part("notes"), annotations, this.clock, (note) => this.center(note.onset));
      this.strip.paintOverview();
      this.paint();
    } catch (error) {
      showNotes(this.part("notes"), [], this.clock, () => {});
      this.say(error.message);
    }
  }

  listen() {
    this.ended = new AbortController();
    const on = (target, kind, use) => target.addEventListener(kind, use, { signal: this.ended.signal });
    on(document, "keydown", (event) => this.pressed(event));
    on(window, "resize", () => this.fit());
    on(this.root, "click", (event) => this.clicked(event));
    on(this.root, "change", (event) => this.changed(event.target));
    on(this.canvas, "pointermove", (event) => this.pointed(event));
    on(this.canvas, "pointerleave", () => this.hovered("", null));
    on(this.part("goto-form"), "submit", (event) => this.submitted(event));
    this.resized = new ResizeObserver(() => this.resize());
    this.resized.observe(this.canvas);
    this.themed = new MutationObserver(() => { this.paint(); this.strip.redraw(); });
    this.themed.observe(document.documentElement, { attributes: true, attributeFilter: ["data-bs-theme"] });
  }

  close() {
    this.stopPlay();
    this.ended.abort();
    this.resized.disconnect();
    this.themed.disconnect();
    this.strip.close();
    this.pages.forget();
    clearTimeout(this.addressTimer);
    clearTimeout(this.spoken);
  }

  // --- what is shown -----------------------------------------------------------------------------------------------

  get pxPerMm() {
    return this.facts.pxPerMm || CSS_PX_PER_MM;
  }

  get durationS() {
    const chosen = this.value("page");
    if (!chosen.endsWith("mm")) return Number(chosen);
    return Math.round((this.plotW / this.pxPerMm / parseFloat(chosen)) * 10) / 10;
  }

  get plotW() {
    return Math.max(50, this.canvas.clientWidth - GUTTER - RIGHT);
  }

  query(startS) {
    const px = Math.ceil((this.plotW * (window.devicePixelRatio || 1)) / 100) * 100;
    const query = { t0: startS.toFixed(3), dur: this.durationS, montage: this.value("montage"), px };
    for (const name of ["lff", "hff", "notch"]) if (this.value(name)) query[name] = this.value(name);
    return query;
  }

  clamp(startS) {
    return Math.max(0, Math.min(startS, this.facts.durationS - this.durationS));
  }

  goTo(startS, direction = 0) {
    this.startS = this.clamp(startS);
    this.strip.show({ startS: this.startS, durationS: this.durationS });
    this.noteAddress();
    return this.show(direction);
  }

  center(seconds) {
    this.goTo(seconds - this.durationS / 2);
  }

  goEvent(event) {
    const fits = event.stop - event.start < this.durationS;
    this.goTo(fits ? (event.start + event.stop - this.durationS) / 2 : event.start - this.durationS * 0.1);
  }

  /** Bring the page on the screen: from memory at once, else from the server; only the newest wish is drawn. */
  async show(direction) {
    const turn = ++this.turn, startS = this.startS, durationS = this.durationS;
    const ahead = direction ? [1, 2, 3].slice(0, AHEAD).map((k) => this.query(this.clamp(startS + direction * k * durationS))) : [];
    this.pending = true;
    const slow = setTimeout(() => turn === this.turn && this.root.classList.add("loading"), 200);
    try {
      const page = await this.pages.show(this.query(startS), ahead);
      if (turn === this.turn) this.drawn = { page, startS, durationS };
    } catch (error) {
      if (turn === this.turn) this.failed(error);
    } finally {
      clearTimeout(slow);
      if (turn === this.turn) { this.root.classList.remove("loading"); this.paint(); }
    }
  }

  failed(error) {
    this.drawn = null;
    this.part("problem").textContent = error.message;
    this.stopPlay();
  }

  paint() {
    this.frame ??= requestAnimationFrame(() => { this.frame = null; this.paintNow(); });
  }

  paintNow() {
    const { ctx, width, height } = sharp(this.canvas);
    this.pending = false;
    this.part("problem").hidden = Boolean(this.drawn) || !this.part("problem").textContent;
    if (!this.drawn) { ctx.clearRect(0, 0, width, height); return; }
    this.part("problem").textContent = "";
    const { page, startS, durationS } = this.drawn, { gaps, durationS: end } = this.facts;
    const look = {
      width, height, startS, durationS, clock: this.clock, colors: palette(this.part("paper")),
      pxPerMm: this.pxPerMm, uvPerMm: Number(this.value("sensitivity")), negativeUp: this.value("polarity") === "up",
    };
    const marks = { gaps: [...gaps, [end, startS + durationS]].filter(([a, b]) => a < b), events: this.facts.events, annotations: this.notes };
    this.look = look;
    this.geo = draw(ctx, page, look, marks);
    this.tellStatus(page);
    this.detail();
    this.tellAloud();
    this.root.dispatchEvent(new CustomEvent("viewer-drawn", { detail: { startS, durationS } }));
  }

  tellStatus(page) {
    const mmPerS = this.plotW / this.pxPerMm / this.drawn.durationS;
    const parts = [page.status, `${this.value("sensitivity")} µV/mm`, `${mmPerS.toFixed(1)} mm/s`, `${this.drawn.durationS} s/page`,
      `negative ${this.value("polarity")}`];
    if (!this.facts.pxPerMm) parts.push("screen not calibrated");
    if (page.missing.length) parts.push(`electrodes not in the recording: ${page.missing.join(", ")}`);
    this.part("status").textContent = parts.join(" | ");
  }

  /** What the page shows, in words, for those who hear it; after the paging has come to rest. */
  tellAloud() {
    clearTimeout(this.spoken);
    this.spoken = setTimeout(() => {
      const { startS, durationS } = this.drawn ?? this, stop = startS + durationS;
      const here = this.facts.events.filter((event) => event.start < stop && event.stop > startS);
      const events = here.map((event) => `model suggests ${event.pattern.toUpperCase()}, highest probability ${event.max.toFixed(2)}`);
      const words = [`EEG page ${this.clock.time(startS)} to ${this.clock.time(stop)}`, this.value("montage"), ...events].join(", ");
      this.canvas.setAttribute("aria-label", words);
      this.part("live").textContent = words;
    }, 500);
  }

  /** Six probabilities of the window under the cursor, or at the middle of the page. */
  detail() {
    const at = this.cursorS ?? this.startS + this.durationS / 2, index = this.strip.spanAt(at);
    const key = `${index} ${Boolean(this.strip.ribbon)}`;
    if (key !== this.detailed) showWindow(this.part("window"), this.strip.ribbon, index, this.clock);
    this.detailed = key;
  }

  seen() {
    const { startS, durationS } = this, status = this.part("status").textContent;
    return { start_s: startS, duration_s: durationS, screen: status };
  }

  noteAddress() {
    this.addressTimer ??= setTimeout(() => {
      this.addressTimer = null;
      const query = new URLSearchParams({ t: Math.round(this.startS * 10) / 10, m: this.value("montage") });
      history.replaceState(history.state, "", `${location.pathname}?${query}`);
    }, 200);
  }

  say(words) {
    this.part("said").textContent = words;
  }

  // --- changes -----------------------------------------------------------------------------------------------------

  pressed(event) {
    const action = actionOf(event, { letters: this.facts.letters });
    if (!action) return;
    event.preventDefault();
    if (event.repeat && this.pending) return;       // a held key waits for the page on its way: none is skipped unseen
    this.act(...action);
  }

  clicked(event) {
    const button = event.target.closest("[data-action]");
    if (!button) return;
    if (event.detail) button.blur();                // after a mouse click the keys belong to the page again
    this.act(button.dataset.action, button.dataset.argument);
  }

  act(name, argument) {
    const { startS, durationS, findings } = this, page = (n) => () => this.goTo(startS + n * durationS, Math.sign(n));
    const actions = {
      next: page(1), previous: page(-1), "half-on": page(0.5), "half-back": page(-0.5),
      first: () => this.goTo(0, 1), last: () => this.goTo(Infinity, -1),
      "second-on": () => this.goTo(startS + 1), "second-back": () => this.goTo(startS - 1),
      "more-sensitive": () => this.cycle("sensitivity", -1), "less-sensitive": () => this.cycle("sensitivity", 1),
      shorter: () => this.cycle("page", -1), longer: () => this.cycle("page", 1),
      montage: () => this.cycle("montage", 0, argument), notch: () => this.cycle("notch", 1, null, true),
      lff: () => this.cycle("lff", 1, null, true), hff: () => this.cycle("hff", 1, null, true),
      "next-event": () => findings.step(1, startS + durationS / 2), "previous-event": () => findings.step(-1, startS + durationS / 2),
      accept: () => findings.decideSelected("accepted"), dismiss: () => findings.decideSelected("dismissed"), undo: () => findings.undo(),
      spectrogram: () => this.toggle("no-spectrogram"), panel: () => this.toggle("no-panel"), paper: () => this.toggle("paper-dark"),
      range: () => this.range(argument), "go-to": () => this.part("goto").showModal(), help: () => this.part("help").showModal(),
      "close-dialog": () => this.root.querySelector("dialog[open]")?.close(), play: () => this.play(),
    };
    actions[name]?.();
  }

  toggle(name) {
    this.root.classList.toggle(name);
    for (const button of this.root.querySelectorAll(`[data-toggles=${name}]`)) {
      button.setAttribute("aria-pressed", String(this.root.classList.contains(name) === (button.dataset.when !== "off")));
    }
    this.strip.redraw();
    this.paint();
  }

  range(argument) {
    this.strip.setRange(Number(argument) || Infinity);
    for (const button of this.root.querySelectorAll("[data-action=range]")) {
      button.setAttribute("aria-pressed", String(button.dataset.argument === argument));
    }
  }

  /** Move a list of the toolbar by `step`, or to an index; at the ends it stops unless it goes `around`. */
  cycle(name, step, index = null, around = false) {
    const list = this.control(name), values = [...list.options].filter((option) => !option.disabled);
    const wanted = index ?? values.indexOf(list.selectedOptions[0]) + step;
    const option = values[around ? (wanted + values.length) % values.length : wanted];
    if (!option || option.selected) return;
    list.value = option.value;
    this.apply(name);
  }

  pick(name, value) {
    const list = this.control(name);
    if ([...list.options].some((option) => option.value === value)) list.value = value;
  }

  changed(control) {
    const name = control.dataset?.setting;
    if (!name) return;
    control.blur();
    this.apply(name);
  }

  apply(name) {
    if (["lowDb", "highDb"].includes(name)) this.strip.setDisplay({ [name]: Number(this.value(name)) });
    else if (name === "map") this.strip.setDisplay({ map: this.value(name) });
    else if (name === "page") this.goTo(this.startS);
    else if (SERVER_SIDE.includes(name)) { this.noteAddress(); this.show(0); }
    else if (name === "speed") { if (this.playing) { this.stopPlay(); this.play(); } }
    else this.paint();
  }

  play() {
    if (this.playing) return this.stopPlay();
    const speed = this.value("speed"), everyS = speed.endsWith("x") ? this.durationS / parseFloat(speed) : 60 / Number(speed);
    this.playing = setInterval(() => {
      if (this.startS >= this.clamp(Infinity)) return this.stopPlay();
      if (!this.pending) this.act("next");
    }, everyS * 1000);
    this.root.classList.add("playing");
  }

  stopPlay() {
    clearInterval(this.playing);
    this.playing = null;
    this.root.classList.remove("playing");
  }

  submitted(event) {
    event.preventDefault();
    const input = this.part("goto").querySelector("input"), seconds = this.clock.seconds(input.value, this.facts.durationS);
    if (Number.isNaN(seconds)) return this.say(`"${input.value}" is not a time of this recording; write 14:26:08, +90 or +1:30.`);
    this.part("goto").close();
    this.center(seconds);
  }

  // --- pointer and window ------------------------------------------------------------------------------------------

  pointed(event) {
    if (!this.geo || !this.drawn) return;
    const { geo, look, drawn: { page } } = this, seconds = look.startS + (event.offsetX - geo.left) / geo.pxPerS;
    if (event.offsetX < geo.left || seconds > look.startS + look.durationS) return this.hovered("", null);
    const row = geo.rows.reduce((best, y, i) => (Math.abs(y - event.offsetY) < Math.abs(geo.rows[best] - event.offsetY) ? i : best), 0);
    const sample = Math.floor((seconds - page.startS) * page.sfreqHz) * (page.pairs ? 2 : 1), raw = page.data[row * page.samples + sample];
    const value = raw === undefined || raw === -32768 ? "not recorded" : `${(raw * page.scale[row]).toFixed(1)} µV`;
    this.hovered(`${this.clock.time(seconds, 2)} · ${page.names[row]} · ${value}`, seconds, event.offsetX);
  }

  hovered(words, seconds, x = null) {
    this.part("readout").textContent = words;
    const cursor = this.part("cursor");
    cursor.hidden = x === null;
    if (x !== null) cursor.style.left = `${x}px`;
    this.cursorS = seconds;
    this.detail();
  }

  /** The viewer fills the window below whatever stands above it. */
  fit() {
    const top = this.root.getBoundingClientRect().top + window.scrollY;
    this.root.style.height = `${Math.max(520, window.innerHeight - top - 8)}px`;
  }

  resize() {
    if (this.value("page").endsWith("mm")) this.goTo(this.startS);
    else this.paint();
  }
}

