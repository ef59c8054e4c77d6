// The viewer: what is shown, how it changes, and what follows from a change. Drawing is in eeg.mjs and strip.mjs.
import { Annotations } from "./annotations.mjs";
import { fetched, NOT_RECORDED } from "./bytes.mjs";
import { Channels } from "./channels.mjs";
import { Clock } from "./clock.mjs";
import { draw, GUTTER, RIGHT } from "./eeg.mjs";
import { Explained } from "./explained.mjs";
import { Findings, post, WINDOW_S } from "./findings.mjs";
import { actionOf } from "./keys.mjs";
import { Measure } from "./measure.mjs";
import { spanAt, unsureAfter } from "./overview.mjs";
import { Pages } from "./pages.mjs";
import { CLASSES, CODES, inShort, palette, sharp } from "./paint.mjs";
import { showWindow } from "./panel.mjs";
import { Player } from "./play.mjs";
import { Scrub } from "./scrub.mjs";
import { Strip } from "./strip.mjs";
import { Trail } from "./trail.mjs";

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
    this.ended = new AbortController();
    this.trail = new Trail(() => ({ t: Math.round(this.startS * 10) / 10, m: this.value("montage") }), (query) => this.back(query), this.ended.signal);
    this.player = new Player(this);
    this.scrub = new Scrub((seconds) => this.goTo(seconds - this.durationS / 2));
    this.strip = new Strip(root, facts, clock, { say, leave: () => this.trail.leave(), go: (seconds) => this.scrub.to(seconds), hover: (words, seconds) => this.hovered(words, seconds) });
    this.findings = new Findings(this.part("events"), facts, clock, {
      say, changed: () => { this.paint(); this.strip.paintOverview(); }, go: (event) => this.goEvent(event), moment: () => this.moment, middle: () => this.middle, through: () => this.value("through"),
      shows: ([from, to]) => from < this.startS + this.durationS && to > this.startS,
      seen: () => ({ start_s: this.startS, duration_s: this.durationS, screen: this.part("status").textContent, model_shown: facts.analysed && !facts.blind }),
    });
    this.annotations = new Annotations(root, facts, clock, this.findings, {
      loaded: (notes) => { this.notes = this.strip.annotations = notes; }, changed: (others) => { this.strip.readers = this.annotations.own; this.paint(); if (others) this.strip.paintOverview(); }, go: (span) => this.goEvent(span),
    });
    this.explained = new Explained(this.part("explanation"), () => this.paint());
    this.channels = new Channels(this.part("channels"), this.canvas, { address, mayMark: facts.mayMark }, {
      page: () => this.drawn?.page, shown: () => this.page, geo: () => this.geo, say, changed: () => { this.channels.fill(); this.paint(); },
      marked: () => { this.pages.kept.clear(); this.show(0); },
    });
    this.measure = new Measure(this);
    this.listen();
    this.open();
  }

  open() {
    for (const option of this.list("page").options) option.disabled = option.value.endsWith("mm") && !this.facts.pxPerMm;
    if (window.innerHeight < SMALL_PX) this.toggle("no-spectrogram");
    this.back(new URLSearchParams(location.search));
    this.strip.load().then(() => this.detail());
    this.annotations.load();
  }

  /** The moment and the montage of an address. */
  back(query) {
    const montage = this.list("montage"), wanted = query.get("m");
    if ([...montage.options].some(({ value }) => value === wanted)) montage.value = wanted;
    return this.goTo(Number(query.get("t")) || 0, 1);
  }

  listen() {
    document.addEventListener("keydown", (event) => this.pressed(event), { signal: this.ended.signal });
    this.root.addEventListener("click", (event) => this.clicked(event));
    this.root.addEventListener("change", ({ target }) => target.dataset.setting && this.changed(target));
    this.canvas.onpointermove = (event) => this.pointed(event);
    this.canvas.onpointerdown = (event) => { this.pointed(event); this.canvas.setPointerCapture(event.pointerId); this.dragged = { px: event.offsetX, from: this.cursorS }; };
    this.canvas.onpointerup = () => { this.dragged = null; };
    this.canvas.onpointerleave = () => this.hovered("", null);
    this.part("goto-form").onsubmit = (event) => this.submitted(event);
    this.root.addEventListener("pointerdown", ({ target }) => target.closest("[data-action^=play], [data-setting=speed]") || this.player.stop());
    this.resized = new ResizeObserver(() => this.fit());
    this.resized.observe(this.canvas);
  }

  /** Another width: the time stays, the page holds what fits, as fine as the screen. */
  fit() {
    if (this.value("page").endsWith("mm")) this.goTo(this.wishS, 0, true);
    else if (this.px !== this.query(this.startS).px) this.show(0);
    this.paint();
  }

  close() {
    this.player.stop();
    this.ended.abort();
    this.resized.disconnect();
    this.strip.close();
    this.pages.keepOnly([]);
    for (const timer of [this.spoken, this.telling, this.measure.timer]) clearTimeout(timer);
    this.turn = -1;
  }

  get pxPerMm() { return this.facts.pxPerMm || CSS_PX_PER_MM; }
  get plotW() { return Math.max(50, this.canvas.clientWidth - GUTTER - RIGHT); }
  get durationS() {
    const chosen = this.value("page");
    return chosen.endsWith("mm") ? Math.round((this.plotW / this.pxPerMm / parseFloat(chosen)) * 10) / 10 : Number(chosen);
  }

  /** The moment that keys speak of: under the pointer, or else the middle of the page. */
  get moment() { return this.cursorS !== null && this.findings.hooks.shows([this.cursorS, this.cursorS]) ? this.cursorS : this.middle; }
  get middle() { return this.startS + this.durationS / 2; }

  query(startS) {
    const px = Math.ceil((this.plotW * (window.devicePixelRatio || 1)) / 100) * 100, query = { t0: startS.toFixed(3), dur: this.durationS, px };
    for (const name of ON_SERVER) if (this.value(name)) query[name] = this.value(name);
    return query;
  }

  clamp(startS) { return Math.max(0, Math.min(startS, this.facts.durationS - this.durationS)); }
  center(seconds) { return this.jump(seconds - this.durationS / 2); }
  goEvent({ start, stop }) { return stop - start < this.durationS ? this.center((start + stop) / 2) : this.jump(start - this.durationS * 0.1); }

  /** Go somewhere else; the browser leads back from there. */
  jump(startS, direction = 0) {
    if (Math.abs(this.clamp(startS) - this.startS) >= 0.1) this.trail.leave();
    return this.goTo(startS, direction);
  }

  goTo(startS, direction = 0, plays = false) {
    if (!plays) this.player.stop();
    this.wishS = startS;
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
    this.trail.follow();
    this.px = this.query(startS).px;
    const drawn = await this.pages.show(this.query(startS), ahead).then((page) => ({ page, startS, durationS }), (problem) => ({ problem }));
    clearTimeout(slow);
    if (turn !== this.turn) return;
    this.root.classList.remove("loading");
    Object.assign(this, { drawn, pending: false });
    if (drawn.problem) this.player.stop();
    this.paint(true);
  }

  /** Once per frame at most; a page that has come is drawn at once. */
  paint(now = false) {
    this.stale = true;
    if (now && !this.frame) this.paintNow();
    this.frame ??= requestAnimationFrame(() => { this.frame = null; if (this.stale && this.turn > 0) this.paintNow(); });
  }

  paintNow() {
    this.stale = false;
    const { ctx, width, height } = sharp(this.canvas), { page: whole, startS, durationS, problem } = this.drawn ?? {}, { facts, clock, pxPerMm, notes } = this;
    Object.assign(this.part("problem"), { textContent: problem?.message ?? "", hidden: !problem });
    if (!whole) return;
    const page = this.page = this.channels.shown(whole);
    this.channels.fill();
    const gaps = [...page.gaps, [facts.durationS, startS + durationS]].filter(([from, to]) => from < to), colors = palette(this.part("paper"));
    const look = { width, height, startS, durationS, clock, pxPerMm, colors, uvPerMm: Number(this.value("sensitivity")), negativeUp: this.value("polarity") === "up" };
    look.target = (this.findings.mayReview || (this.annotations.may && this.findings.span)) && this.findings.target();
    this.part("target").textContent = look.target ? `${clock.time(look.target.from)} – ${clock.time(look.target.to)}${look.target.event ? `, ${inShort(look.target.event)}` : ""}` : "";
    this.geo = draw(ctx, page, look, { gaps, events: facts.events, annotations: notes, shades: this.explained.cells });
    this.annotations.paint(ctx, this.geo, look, page);
    this.tell();
    this.detail();
    this.root.dispatchEvent(new CustomEvent("viewer-drawn", { detail: { startS, durationS } }));
  }

  /** The status line at once; what the page shows in words, for those who hear it, after the paging has come to rest. */
  tell() {
    const { page, startS, durationS } = this.drawn, stopS = startS + durationS, { clock, facts } = this;
    const speed = `${(this.plotW / this.pxPerMm / durationS).toFixed(1)} mm/s (${durationS} s/page)`, few = page.missing.length < 6;
    const missing = page.missing.length ? `not recorded: ${few ? page.missing.join(", ") : `${page.missing.length} electrodes`}` : "";
    const parts = [this.channels.words(page), page.status, `${this.value("sensitivity")} µV/mm`, speed, `negative ${this.value("polarity")}`, facts.pxPerMm ? "" : "screen not calibrated", missing];
    this.part("status").textContent = this.part("status").title = parts.filter(Boolean).join(" | ");
    clearTimeout(this.spoken);
    this.spoken = setTimeout(() => {
      const here = facts.events.filter((event) => event.start < stopS && event.stop > startS);
      const found = here.map((event) => (event.own ? `a reader labelled ${event.pattern}` : `model suggests ${event.pattern}, highest probability ${event.max?.toFixed(2) ?? "unknown"}`));
      const words = [`EEG page ${clock.time(startS)} to ${clock.time(stopS)}`, page.montage, page.banner, this.channels.words(page), ...new Set(page.poor), ...found, ...this.annotations.told].filter(Boolean).join(", ");
      this.canvas.setAttribute("aria-label", words);
      this.part("live").textContent = words;
    }, 500);
  }

  /** Six probabilities of the window under the cursor, or at the middle of the page; Dash tells the rest of the latter when paging rests. */
  detail() {
    const { strip: { ribbon }, cursorS } = this, middle = spanAt(ribbon, this.startS + this.durationS / 2), tell = () => {
      this.told = middle;
      window.dash_clientside.set_props("viewer-window", { data: middle < 0 ? null : ribbon.startS[middle] + ribbon.labelS / 2 });
    };
    showWindow(this.part("window"), ribbon, cursorS === null ? middle : spanAt(ribbon, cursorS), this.clock);
    clearTimeout(this.telling);
    if (ribbon && middle !== this.told) this.telling = setTimeout(tell, 300);
  }

  pressed(event) {
    const action = actionOf(event, { ...this.facts, measuring: this.measure.isOn });
    if (!action) return;
    event.preventDefault();
    if (!event.repeat || !(this.pending || this.frame)) this.act(...action);       // a held key waits for the page on its way: none is skipped unseen
  }

  clicked(event) {
    const button = event.target.closest("button");
    if (event.detail) button?.blur();                              // after a mouse click the keys belong to the page again
    if (button?.dataset.go) this.center(Number(button.dataset.go));
    if (button?.dataset.action) this.act(button.dataset.action, button.dataset.argument);
  }

  act(name, argument) {
    const { startS, durationS, findings, annotations } = this, turn = (pages) => () => this.goTo(startS + pages * durationS, Math.sign(pages));
    const actions = {
      next: turn(1), previous: turn(-1), "half-on": turn(0.5), "half-back": turn(-0.5),
      first: () => this.jump(0, 1), last: () => this.jump(Infinity, -1),
      "second-on": () => this.goTo(startS + 1), "second-back": () => this.goTo(startS - 1),
      "more-sensitive": () => this.cycle("sensitivity", -1), "less-sensitive": () => this.cycle("sensitivity", 1),
      shorter: () => this.cycle("page", -1), longer: () => this.cycle("page", 1), montage: () => this.choose("montage", argument),
      channels: () => this.channels.shut() || this.channels.open(), "channels-reset": () => this.channels.reset(), "own-montage": () => this.ownMontage(),
      notch: () => this.cycle("notch", 1, true), lff: () => this.cycle("lff", 1, true), hff: () => this.cycle("hff", 1, true),
      "next-event": () => findings.step(1), "previous-event": () => findings.step(-1), "next-disagreement": () => findings.step(1, "disagrees"),
      "next-open": () => findings.step(1, "open"), "next-unsure": () => this.nextUnsure(), label: () => findings.label(argument), agree: () => findings.act("agree"),
      dismiss: () => findings.act("dismiss"), undo: () => annotations.takeBack("undo"), redo: () => annotations.takeBack("redo"),
      begin: () => (annotations.chosen ? annotations : findings).border(-1), end: () => (annotations.chosen ? annotations : findings).border(1), "annotation-here": () => (annotations.chosen ? annotations.border(0) : annotations.edit()),
      annotate: () => annotations.begin(), "edit-annotation": () => annotations.edit(), "next-annotation": () => annotations.step(1), "previous-annotation": () => annotations.step(-1),
      delete: () => (annotations.chosen ? annotations.remove() : findings.act("dismiss")), "remove-annotation": () => annotations.remove(), merge: () => findings.merge(), cut: () => findings.cut(),
      blind: () => this.part("blind")?.showModal(), "first-read": () => this.firstRead(argument), bulk: () => this.askBulk(), similar: () => this.askSimilar(argument), "bulk-go": () => { this.part("bulk").close(); this.agreed(); },
      window: () => this.part("detail").focus(), spectrogram: () => this.toggle("no-spectrogram"), panel: () => this.toggle("no-panel"), paper: () => this.toggle("paper-dark"),
      "go-to": () => this.askTime(), trends: () => this.toggle("no-trends"), 
      "full-screen": () => (document.fullscreenElement ? document.exitFullscreen() : this.root.closest(".viewer-page").requestFullscreen()).catch((error) => this.say(error.message)),
      "range-shorter": () => this.cycle("range", 1), "range-longer": () => this.cycle("range", -1), "play-speed": () => this.cycle("speed", 1, true), help: () => this.part("help").showModal(),
      explain: () => this.explained.toggle(this.middle), "explain-view": () => this.explained.turn(argument), "explain-close": () => this.explained.shut(),
      "explain-cancel": () => post(`/api/v1/jobs/${argument}/cancel`, {}).catch((error) => this.say(error.message)),
      leave: () => this.channels.shut() || this.explained.shut() || this.act("raw"), raw: () => { findings.select(null); this.choose("cleaning", 0); }, "close-dialog": () => this.root.querySelector("dialog:modal")?.close(), play: () => this.player.toggle(),
    };
    (actions[name] ?? this.measure.actions[name])?.();
  }

  /** The next of the reader's own montages. */
  ownMontage() {
    const own = [...this.list("montage").querySelectorAll("optgroup option")].map(({ index }) => index), at = own.indexOf(this.list("montage").selectedIndex);
    return own.length ? this.choose("montage", own[(at + 1) % own.length]) : this.say("You have no montage of your own; Settings, Montages makes one.");
  }

  nextUnsure() {
    const at = unsureAfter(this.strip.ribbon, this.middle, this.facts.unsureBelow);
    return Number.isNaN(at) ? this.say("No further window in which the model is unsure.") : this.center(at);
  }

  /** Begin, save or leave a first read without the model; what may be shown then comes anew from the server. */
  firstRead(step) {
    const [path, body] = { begin: ["", {}], other: ["/save", { rest: "other" }], unread: ["/save", { rest: "" }], leave: ["/leave", {}] }[step];
    this.findings.last.then(() => post(`${this.address}/first-read${path}`, body)).then(() => location.reload(), (error) => this.say(error.message));
  }

  /** Many changes at once are made only after their number was told. */
  ask(words, agreed) {
    Object.assign(this, { agreed });
    this.part("bulk-count").textContent = `${words} One Undo takes all back.`;
    this.part("bulk").showModal();
  }

  askBulk() {
    const open = this.findings.open();
    if (open.length) this.ask(`${open.length} unreviewed finding${open.length === 1 ? "" : "s"} will change: accepted as the model suggests.`, () => this.findings.act("accept", open));
    else this.say("There is nothing to accept.");
  }

  askSimilar(number) {
    const middles = [...this.root.querySelectorAll(".window-similar [data-go]")].map(({ dataset }) => Number(dataset.go)), pattern = CLASSES[number - 1];
    const spans = middles.map((middle) => [Math.max(0, middle - WINDOW_S / 2), middle + WINDOW_S / 2]);
    this.ask(`${spans.length} windows will change: labelled ${CODES[pattern]}, in place of your own labels there.`, () => this.findings.act("label", [], { pattern, spans }));
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
    if (setting === "page") this.goTo(this.startS, 0, true);
    else if (ON_SERVER.includes(setting)) this.show(0);
    else if (setting === "range") this.strip.setRange(Number(list.value));
    else this.paint();
  }

  askTime() {
    this.player.stop();
    this.part("goto-refused").textContent = "";
    this.part("goto").showModal();
    this.part("goto").querySelector("input").select();
  }

  /** The server knows the clock of the recorder; what it refuses is said where it was written. */
  submitted(event) {
    event.preventDefault();
    const said = this.part("goto").querySelector("input").value, query = new URLSearchParams({ said, here_s: this.middle.toFixed(3) });
    fetched(`${this.address}/moment?${query}`).then((answer) => answer.json()).then(({ at_s: atS }) => { this.part("goto").close(); this.center(atS); })
      .catch((error) => { this.part("goto-refused").textContent = error.message; });
  }

  /** The pointer over the EEG: time, trace and true value. */
  pointed({ offsetX, offsetY }) {
    const { geo, drawn, page } = this, seconds = page ? drawn.startS + (offsetX - geo.left) / geo.pxPerS : NaN;
    if (!(offsetX >= geo?.left && seconds <= geo.stopS)) return this.hovered("", null);
    const distance = geo.rows.map((y) => Math.abs(y - offsetY)), row = distance.indexOf(Math.min(...distance));
    if (this.dragged && Math.abs(offsetX - this.dragged.px) > 4) this.findings.select(null, [Math.min(this.dragged.from, seconds), Math.max(this.dragged.from, seconds)]);
    const raw = page.data[row * page.samples + Math.floor((seconds - page.startS) * page.sfreqHz) * (page.pairs ? 2 : 1)] ?? NOT_RECORDED;
    const value = raw === NOT_RECORDED ? "not recorded" : `${(raw * page.scale[row]).toFixed(1)} µV`;
    return this.hovered([this.clock.time(seconds, 2), page.names[row], value, page.poor[row] && `on this page: ${page.poor[row]}`, page.marked[row]].filter(Boolean).join(" · "), seconds, offsetX);
  }

  hovered(words, seconds, x = null) {
    this.part("readout").textContent = words;
    this.part("cursor").hidden = x === null;
    this.part("cursor").style.left = `${x ?? 0}px`;
    this.cursorS = seconds;
    this.detail();
  }
}
