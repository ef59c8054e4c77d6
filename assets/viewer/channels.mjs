// Single traces as the reader wants them: hidden, larger, smaller, their electrodes marked as bad. Marks are the study's, the rest is of this screen.
import { post } from "./findings.mjs";

const LARGEST = 64;

export class Channels {
  /** `box` holds the menu as Python made it; `hooks` = {page(), geo(), changed(), marked(), say(sentence)}. */
  constructor(box, canvas, { address, mayMark }, hooks) {
    Object.assign(this, { box, address, mayMark, hooks, canvas, hidden: new Set(), gains: new Map(), list: box.querySelector("ol") });
    this.line = this.list.firstElementChild;
    this.list.replaceChildren();
    box.addEventListener("click", ({ target }) => this.pressed(target.closest("[data-do]")));
    box.addEventListener("keydown", (event) => { if (event.key === "Escape") { event.stopPropagation(); this.shut(); canvas.focus(); } });
    canvas.addEventListener("pointermove", (event) => { canvas.style.cursor = this.labelAt(event) ? "pointer" : ""; });
    canvas.addEventListener("click", (event) => (this.labelAt(event) ? this.open(this.labelAt(event), event.offsetY) : this.shut()));
  }

  /** The trace whose label is under the pointer. */
  labelAt({ offsetX, offsetY }) {
    const geo = this.hooks.geo(), distance = geo?.rows.map((y) => Math.abs(y - offsetY)) ?? [], nearest = Math.min(...distance);
    return offsetX < geo?.left - 2 && nearest <= Math.max(8, geo.row / 2) ? this.hooks.shown().names[distance.indexOf(nearest)] : undefined;
  }

  /** The menu of one trace beside its label, or of all traces. */
  open(only = null, y = 0) {
    Object.assign(this, { only, drawn: null });
    this.box.show();
    this.fill();
    const height = this.box.offsetHeight, below = y + 16, fits = below + height < this.canvas.clientHeight;      // beside its trace, never over it
    this.box.style.top = `${only ? (fits ? below : Math.max(4, y - 16 - height)) : 4}px`;
    this.list.querySelector("button:not([disabled])")?.focus();
  }

  /** Close the menu; whether it was open. */
  shut() { const { open } = this.box; this.box.close(); return open; }

  reset() { this.hidden.clear(); this.gains.clear(); this.hooks.changed(); }

  gain(name) { return this.gains.get(name) ?? 1; }

  /** What a label says of its gain. */
  gained(name) { const gain = this.gain(name); return gain === 1 ? "" : ` ×${gain < 1 ? `1/${1 / gain}` : gain}`; }

  /** What must not be forgotten, for the status line. */
  words(page) {
    const count = page.names.filter((name) => this.hidden.has(name)).length, changed = page.names.filter((name) => this.gain(name) !== 1).length;
    return [count && `${count} hidden`, changed && `${changed} with own gain`].filter(Boolean).join(", ");
  }

  /** A page without its hidden traces, each with its gain and what else its label says. */
  shown(page) {
    const kept = page.names.map((_, index) => index).filter((index) => !this.hidden.has(page.names[index])), of = (values) => values && kept.map((index) => values[index]);
    const moved = (stretches) => stretches.filter(([trace]) => kept.includes(trace)).map(([trace, ...rest]) => [kept.indexOf(trace), ...rest]);
    const lists = Object.fromEntries(["names", "kinds", "scale", "poor", "electrodes", "groups"].map((name) => [name, of(page[name])])), { samples } = page;
    const data = kept.length === page.names.length ? page.data : new Int16Array(kept.length * samples);
    if (data !== page.data) kept.forEach((from, to) => data.set(page.data.subarray(from * samples, (from + 1) * samples), to * samples));
    const marked = lists.electrodes.map((names) => names.filter((name) => page.marks[name]).map((name) => `${name} marked as bad by ${page.marks[name]}`).join("; "));
    return { ...page, ...lists, data, marked, gains: lists.names.map((name) => this.gain(name)), gained: lists.names.map((name) => this.gained(name)), bad: moved(page.bad), clipped: moved(page.clipped) };
  }

  /** Lines of the menu: made anew for other traces, else only told anew, so that the focus stays where it is. */
  fill() {
    const page = this.hooks.page();
    if (!this.box.open || !page) return;
    const names = this.only ? page.names.filter((name) => name === this.only) : page.names, key = JSON.stringify([names, page.electrodes]);
    if (key !== this.drawn) this.list.replaceChildren(...names.map((name) => this.made(name, page.electrodes[page.names.indexOf(name)])));
    this.drawn = key;
    [...this.list.children].forEach((line) => this.tell(line, page));
    this.box.querySelector("[data-do=all]").hidden = !this.only;
  }

  made(name, electrodes) {
    const line = this.line.cloneNode(true), mark = line.querySelector("[data-do=mark]"), place = mark.parentElement, own = electrodes.slice(0, electrodes.length > 3 ? 1 : 3);
    line.hidden = false;
    line.dataset.trace = name;
    place.replaceChildren(...own.map((electrode) => { const each = mark.cloneNode(true); each.dataset.electrode = electrode; return each; }));
    return line;
  }

  tell(line, page) {
    const { trace } = line.dataset, gain = this.gain(trace), off = this.hidden.has(trace), at = (what) => line.querySelector(`[data-do=${what}]`);
    line.querySelector("[data-part=trace]").textContent = trace + this.gained(trace);
    at("hide").textContent = off ? "Show" : "Hide";
    line.classList.toggle("hidden-trace", off);
    Object.assign(at("plain"), { disabled: gain === 1 });
    line.querySelectorAll("button:not([data-electrode])").forEach((button) => { button.ariaLabel = `${button.dataset.words ?? button.textContent} ${trace}`; });
    line.querySelectorAll("[data-electrode]").forEach((button) => {
      const { electrode } = button.dataset, by = page.marks[electrode];
      Object.assign(button, { textContent: `${by ? "✕ " : ""}${electrode} bad`, disabled: !this.mayMark, ariaPressed: String(Boolean(by)), title: by ? `Marked by ${by}; press to take it back` : `Mark ${electrode} as bad` });
    });
  }

  pressed(button) {
    const { do: what, electrode } = button?.dataset ?? {}, name = button?.closest("[data-trace]")?.dataset.trace, to = { larger: 2, smaller: 0.5 }[what];
    if (what === "all") return this.open();
    if (what === "close") return this.shut();
    if (what === "mark") return this.mark(electrode);
    if (what === "hide" && !this.hidden.delete(name)) this.hidden.add(name);
    if (what === "plain") this.gains.delete(name);
    if (to) this.gains.set(name, Math.max(1 / LARGEST, Math.min(LARGEST, this.gain(name) * to)));
    return this.hooks.changed();
  }

  /** Mark an electrode as bad for everybody, or take it back; the pages then come anew from the server. */
  mark(electrode) {
    const method = this.hooks.page().marks[electrode] ? "DELETE" : "PUT";
    return post(`${this.address}/marked-electrodes/${encodeURIComponent(electrode)}`, {}, method).then(() => this.hooks.marked(), (error) => this.hooks.say(error.message));
  }
}
