// Readers' annotations: made, changed, moved and removed here, kept by the server; listed beside those of the file.
import { fetched } from "./bytes.mjs";
import { post } from "./findings.mjs";
import { LongList } from "./long_list.mjs";
import { drawNotes, gripAt } from "./notes_drawn.mjs";

const AWAY = "The server cannot be reached; nothing was saved. Try again.", DONE = { POST: "Annotated", PUT: "Changed", DELETE: "Removed" };
const known = ({ start_s: start, stop_s: stop, ...rest }) => ({ ...rest, start, stop, pending: false });
const ofFile = ({ onset: start, duration, text: comment }) => ({ start, stop: duration === null ? null : start + duration, comment, label: "", channel: "", author: "file", file: true });
const WHOSE = { all: () => true, file: ({ file }) => file, mine: ({ mine }) => mine, others: ({ file, mine }) => !file && !mine };
const asked = (address) => fetched(address).then((answer) => answer.json()), ms = (seconds) => Math.max(0, Math.round(seconds * 1000) / 1000);

export class Annotations {
  /** `hooks` = {changed(others), go(span), loaded(file's)}; moments, what is on the page and sentences are those of `findings`. */
  constructor(root, facts, clock, findings, hooks) {
    const part = (name) => root.querySelector(`[data-part=${name}]`), { say, moment, shows } = findings.hooks, go = (note) => this.go(note);
    Object.assign(this, { part, clock, findings, hooks, say, moment, may: facts.mayAnnotate, address: `/api/v1/studies/${facts.study}`, file: [], own: [], drawn: [], label: "", selected: null });
    this.shown = ({ start, stop }) => shows([start - 0.001, (stop ?? start) + 0.001]);
    this.list = new LongList(part("notes"), { go, open: (note) => (note.file ? go(note) : this.edit(note)), remove: (note) => this.remove(note), line: (note) => this.line(note) });
    [this.words, this.kind, this.whose] = ["words", "class", "whose"].map((name) => root.querySelector(`[name=notes-${name}]`));
    for (const filter of [this.words, this.kind, this.whose]) filter.oninput = () => this.show();
    if (this.may) this.listenToForm(part("annotation-form").elements);
    this.listenToPointer(part("eeg"));
  }

  load() {
    return Promise.all([asked(`${this.address}/annotations`), this.reload()]).then(([{ annotations }]) => {
      this.file = annotations.map(ofFile);
      this.hooks.loaded(annotations);
      this.show();
    }).catch((error) => this.say(error.message));
  }

  /** What stands on the server; lines that are on their way to it stay. */
  async reload() {
    const fresh = (await asked(`${this.address}/reader-annotations`)).map(known), held = new Map(this.own.map((note) => [note.id, note]));
    this.own = [...fresh.map((note) => Object.assign(held.get(note.id) ?? {}, note)), ...this.own.filter(({ id, pending }) => pending && !fresh.some((note) => note.id === id))];
  }

  /** The one that keys act on: selected last, and on the page. */
  get chosen() { const { selected, findings } = this; return selected && !findings.selected && !findings.span && this.shown(selected) ? selected : null; }
  get here() { return this.own.filter(this.shown); }
  get told() { return [...new Set(this.here.map(({ label, comment, author }) => `${author} noted ${label || comment}`))].slice(0, 8); }

  line({ start, label, comment, author, channel, file, pending }) {
    return [`${this.clock.time(start)}  ${[[label, comment].filter(Boolean).join(": "), channel, file ? "" : pending ? "saving …" : author].filter(Boolean).join(" · ")}`, file ? "note-of-file" : "note-of-reader"];
  }

  show() {
    const labels = [...new Set(this.own.map(({ label }) => label))].filter(Boolean).sort(), { words, kind, whose } = this, wanted = words.value.trim().toLowerCase(), { value } = kind;
    if (kind.options.length !== labels.length + 1) kind.replaceChildren(new Option("all classes", ""), ...labels.map((name) => new Option(name, name, false, name === value)));
    const all = [...this.file, ...this.own].sort((a, b) => a.start - b.start), fits = ({ label, comment, channel, author }) => `${label} ${comment} ${channel} ${author}`.toLowerCase().includes(wanted);
    if (!all.includes(this.selected)) this.selected = null;
    this.list.show(all.filter((note) => WHOSE[whose.value](note) && (!kind.value || note.label === kind.value) && fits(note)), this.selected);
    this.part("notes-count").textContent = all.length ? `${this.list.items.length} of ${all.length}` : "None yet.";
    this.hooks.changed(this.own !== this.counted);
    this.counted = this.own;
  }

  paint(ctx, geo, look, { names }) { Object.assign(this, { names, pxPerS: geo.pxPerS, drawn: drawNotes(ctx, geo, look, names, this.here, this.chosen) }); }
  select(note) { this.findings.select(null); this.selected = note; this.show(); }
  go(note) { this.select(note); this.hooks.go({ start: note.start, stop: note.stop ?? note.start }); }

  step(direction) {
    const { items } = this.list, at = items.indexOf(this.chosen), middle = this.findings.hooks.middle();
    const note = at >= 0 ? items[at + direction] : direction > 0 ? items.find(({ start }) => start > middle) : items.findLast(({ start }) => start < middle);
    return note ? this.go(note) : this.say("There is no further annotation.");
  }

  listenToForm({ label, comment }) {
    const form = this.part("annotation-form");
    form.onsubmit = (event) => { event.preventDefault(); this.submitted(form.elements); };
    this.part("annotation-remove").onclick = () => { this.part("annotation").close(); this.remove(this.edited); };
    form.onkeydown = (event) => {
      const quick = !event.target.matches("textarea") && label.querySelector(`[data-digit="${CSS.escape(event.key)}"]`), entered = event.key === "Enter" && !event.target.matches("button");
      if (!quick && !entered) return;
      event.preventDefault();
      if (quick) label.value = quick.value;
      if (entered || quick.value) form.requestSubmit(); else comment.focus();
    };
  }

  /** A new one: on the span or finding that is chosen, or else at the moment. */
  begin() {
    const { event, from, to } = this.findings.target(), { span } = this.findings, spanned = event || (span && from === span[0] && to === span[1]);
    return this.edit({ start: ms(spanned ? from : this.moment()), stop: spanned ? ms(to) : null, label: this.label, channel: "", comment: "" });
  }

  edit(note = this.chosen, words = note, problem = "") {
    if (!note || note.file || !this.may) return this.say(this.may ? "Choose a reader's annotation first: by its tag, in the list, or with { and }." : "Your role may look at annotations, not change them.");
    const { elements } = this.part("annotation-form"), { channel, label } = elements, { start, stop } = words;
    channel.replaceChildren(new Option("all channels", ""), ...[...new Set([words.channel, ...(this.names ?? [])])].filter(Boolean).map((name) => new Option(name, name)));
    if (![...label.options].some(({ value }) => value === words.label)) label.add(new Option(words.label, words.label));       // a colleague's class
    for (const [name, value] of Object.entries({ ...words, begin: this.clock.time(start, 3), lasting: stop === null ? "" : ms(stop - start) })) if (elements[name]) elements[name].value = value;
    this.part("annotation-title").textContent = note.version ? `Annotation of ${note.author}, version ${note.version}${note.version > 1 ? ` by ${note.changed_by}` : ""}` : "New annotation";
    Object.assign(this.part("annotation-problem"), { textContent: problem, hidden: !problem });
    this.part("annotation-remove").hidden = !note.version;
    if (!this.part("annotation").open) this.part("annotation").showModal();
    label.focus();
    return Object.assign(this, { edited: note });
  }

  submitted({ label: { value: label }, channel: { value: channel }, comment, begin, lasting }) {
    const start = ms(this.clock.seconds(begin.value, this.edited.start)), lastsS = Number(lasting.value), stop = lastsS > 0 ? ms(start + lastsS) : lastsS === 0 ? null : NaN;
    const problem = Number.isNaN(start + stop) ? "Write the begin as 14:26:08.250, +90 or +1:30, and the length in seconds." : label || comment.value.trim() ? "" : "Choose a class or write a comment.";
    if (problem) return Object.assign(this.part("annotation-problem"), { textContent: problem, hidden: false });
    this.part("annotation").close();
    this.label = label;
    return this.send(this.edited.version ? "PUT" : "POST", this.edited, { start, stop, label, channel, comment: comment.value.trim() });
  }

  /** On the screen at once, then to the server; what it refuses is taken off again, and the form comes back with what was typed. */
  send(method, note, words = {}) {
    const before = { ...note }, fresh = method === "POST", { findings } = this;
    Object.assign(note, words, { pending: true }, fresh ? { id: note.id ?? crypto.randomUUID?.(), author: "", mine: true } : {});
    this.put(note, method === "DELETE");
    if (fresh) this.select(note);
    const { start: start_s, stop: stop_s, label, channel, comment } = note, body = method === "DELETE" ? undefined : { start_s, stop_s, label, channel, comment, ...(fresh ? { id: note.id } : {}) };
    const sent = () => post(`${this.address}/reader-annotations${fresh ? "" : `/${note.id}`}`, body, method, fresh ? {} : { "If-Match": `"${note.version}"` });
    findings.last = findings.last.then(sent).then((answer) => answer.json()).then((done) => { this.put(Object.assign(note, known(done)), done.removed); this.say(`${DONE[method]}: ${label || comment}.`); })
      .catch((error) => this.refused(method, note, before, words, error instanceof TypeError ? AWAY : error.message));
  }

  async refused(method, note, before, words, sentence) {
    Object.assign(note, before, { pending: false });
    this.put(note, method === "POST");
    await this.reload().catch(() => null);
    const there = this.own.find(({ id }) => id && id === note.id), saved = method === "POST" && there;       // only the answer was lost
    this.show();
    this.say(saved ? `Annotated: ${there.label || there.comment}.` : sentence);
    if (method !== "DELETE" && !saved) this.edit(there ?? { ...note, version: 0 }, { ...before, ...words }, sentence);
  }

  put(note, gone) { this.own = [...this.own.filter((other) => other !== note), ...(gone ? [] : [note])]; this.show(); }

  remove(note = this.chosen) { return !note || note.file || !this.may ? this.say("Only readers' annotations are removed, by who may annotate.") : this.send("DELETE", note); }

  move(note, start, stop) { return note.file || !this.may ? this.say("This annotation is not yours to move.") : this.send("PUT", note, { start, stop }); }

  /** A border of the chosen one, or with 0 the whole, comes to the moment. */
  border(side) {
    const { chosen } = this, { start, stop } = chosen, at = ms(this.moment()), [first, last] = (side < 0 ? [at, stop ?? start] : [start, at]).sort((a, b) => a - b);
    return side ? this.move(chosen, first, first === last ? null : last) : this.move(chosen, at, stop === null ? null : ms(at + stop - start));
  }

  /** The newest act, be it on a finding or an annotation, is taken back, or done again. */
  takeBack(word) {
    const { findings, own, clock } = this, seen = findings.hooks.seen(), told = ({ annotation, sentence }) => {
      this.put(Object.assign(own.find(({ id }) => id === annotation.id) ?? {}, known(annotation)), annotation.removed);
      this.say(`${sentence.slice(0, -1)} at ${clock.time(annotation.start_s)}.`);
    };
    if (!this.may) return this.say("Your role has no acts to take back.");
    findings.last = findings.last.then(() => post(`${this.address}/${word}`, { seen })).then((answer) => answer.json()).then((done) => (done.events ? findings.replace(done.events, done.sentence) : told(done)))
      .catch((error) => Promise.all([findings.refresh(error.message), this.reload().then(() => this.show(), () => null)]));
    return findings.last;
  }

  /** Tags move a whole, borders of the chosen one move alone; all else on the canvas is as ever. */
  listenToPointer(canvas) {
    const on = (name, act) => canvas.addEventListener(name, (event) => act(event) && event.stopImmediatePropagation(), true), grip = ({ offsetX, offsetY }) => gripAt(this.drawn, this.chosen, offsetX, offsetY);
    on("pointerdown", (event) => {
      const held = grip(event);
      if (!held) return false;
      this.select(held.note);
      canvas.setPointerCapture(event.pointerId);
      return Object.assign(this, { drag: { ...held, px: event.offsetX, before: { ...held.note } } });
    });
    on("pointermove", (event) => {
      if (this.drag && this.may) this.dragged(this.drag, event.offsetX - this.drag.px);
      canvas.style.cursor = { whole: "grab", begin: "ew-resize", end: "ew-resize" }[(this.drag ?? grip(event))?.side] ?? "";
      return this.drag;
    });
    const ended = (keeps) => () => {
      const { drag } = this, { start, stop } = drag?.note ?? {};
      this.drag = null;
      if (drag?.moved) Object.assign(drag.note, drag.before);
      if (drag?.moved && keeps) this.move(drag.note, start, stop);
      return drag;
    };
    on("pointerup", ended(true));
    on("pointercancel", ended(false));
    canvas.ondblclick = (event) => { const held = grip(event); if (held) this.edit(held.note); };
  }

  dragged(drag, px) {
    const { note, side, before: { start, stop } } = drag, byS = px / this.pxPerS;
    if (!(drag.moved ||= Math.abs(px) > 3)) return;
    if (side !== "end") note.start = ms(side === "whole" ? start + byS : Math.min(start + byS, stop - 0.01));
    if (stop !== null && side !== "begin") note.stop = ms(side === "whole" ? note.start + stop - start : Math.max(stop + byS, start + 0.01));
    this.hooks.changed(false);
  }
}
