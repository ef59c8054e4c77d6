// What stands of a study, and the reader's acts on it: label, agree, dismiss, move, merge, split, undo. The server decides and keeps it all.
import { fetched } from "./bytes.mjs";
import { CLASSES } from "./paint.mjs";

export const WINDOW_S = 10;      // what a key labels where neither a finding nor a span is chosen: a window of the model
const FITS = { all: () => true, open: ({ decision }) => !decision, disagrees: ({ disagrees }) => disagrees };      // else: a class
const known = ({ start_s: start, stop_s: stop, max_prob: max, mean_prob: mean, event_id: model, ...rest }) => ({ ...rest, start, stop, max, mean, own: !model });

export class Findings {
  /** `list` holds one item per finding; `hooks` = {changed(), go(event), say(sentence), seen(), moment(), middle(), shows(span), through()}. */
  constructor(list, { study, events, mayReview }, clock, hooks) {
    Object.assign(this, { list, events, mayReview, clock, hooks, address: `/api/v1/studies/${study}`, selected: null, span: null, last: Promise.resolve() });
    list.addEventListener("click", ({ target }) => {
      const item = target.closest("[data-event]"), button = target.closest("[data-decide]"), event = this.find(item?.dataset.event);
      if (!event) return;
      this.select(event);
      if (button) this.act(button.dataset.decide, [event]); else hooks.go(event);
    });
  }

  find(id) { return this.events.find((event) => event.id === id); }

  mark(current) { this.list.querySelectorAll("[data-event]").forEach((item) => { item.ariaCurrent = item.dataset.event === current ? "true" : null; }); }

  /** Choose a finding, or else a span, or nothing: the window at the moment is what the keys act on then. */
  select(event, span = null) {
    Object.assign(this, { selected: event, span });
    this.mark(event?.id);
    if (event) this.list.querySelector(`[data-event="${event.id}"]`)?.scrollIntoView({ block: "nearest" });
    this.hooks.changed();
  }

  /** What the keys act on now, never off the page: {event} with its borders, or a span. */
  target() {
    const { selected: event, span, hooks } = this, at = Math.floor(hooks.middle() / WINDOW_S) * WINDOW_S;
    if (event && hooks.shows([event.start, event.stop])) return { event, from: event.start, to: event.stop };
    return span && hooks.shows(span) ? { from: span[0], to: span[1] } : { from: at, to: at + WINDOW_S };
  }

  /** The finding before or after the chosen one, or else the moment, of those that `through` lets pass. */
  step(direction, through = this.hooks.through()) {
    const { events, selected, hooks } = this, ordered = direction > 0 ? events : events.toReversed(), atS = hooks.middle();
    const beyond = selected ? ordered.slice(ordered.indexOf(selected) + 1) : ordered.filter(({ start }) => (direction > 0 ? start > atS : start < atS));
    const event = beyond.find(FITS[through] ?? (({ pattern }) => pattern === through));
    if (!event) return hooks.say(events.length ? "There is no further one." : "There is no event.");
    this.select(event);
    return hooks.go(event);
  }

  act(act, events = [this.target().event].filter(Boolean), more = {}) {
    const { from: start_s, to: stop_s } = this.target(), span = events.length ? {} : { start_s, stop_s };
    if (act === "dismiss" && !events.length) return this.hooks.say("Select an event first: ] goes to the next one.");
    return this.send("", () => ({ act, targets: events.map(({ id }) => ({ id, revision: this.find(id)?.revision ?? 0 })), ...span, ...more }));
  }

  label(number) { return number === "0" ? this.act("unsure") : this.act("label", undefined, { pattern: CLASSES[number - 1] }); }

  /** A border of the chosen finding, or of a free span, comes to the moment. */
  border(side) {
    const { event, from, to } = this.target(), at = this.hooks.moment(), [start_s, stop_s] = side < 0 ? [at, to] : [from, at];
    if (event) return this.act("move", [event], { start_s, stop_s });
    return this.select(null, stop_s > start_s ? [start_s, stop_s] : side < 0 ? [at, at + WINDOW_S] : [Math.max(0, at - WINDOW_S), at]);
  }

  cut() { const { event } = this.target(); return event ? this.act("split", [event], { at_s: this.hooks.moment() }) : this.hooks.say("Select the event to split first."); }

  merge() {
    const { event } = this.target(), next = this.events.find(({ pattern, start }) => pattern === event?.pattern && start > event.start);
    return next ? this.act("merge", [event, next]) : this.hooks.say("Select an event that another of its pattern follows.");
  }

  open() { return this.events.filter((event) => !event.decision && !event.own && (FITS[this.hooks.through()] ?? (({ pattern }) => pattern === this.hooks.through()))(event)); }

  /** One act after the other, as they were made; what the server refuses is said, with what stands there now. */
  send(path, body) {
    const { hooks } = this, seen = hooks.seen();
    if (!this.mayReview) return hooks.say("Your role may not decide about findings.");
    this.last = this.last.then(() => post(`${this.address}/reviews${path}`, { ...body(), seen })).then((answer) => answer.json()).then((done) => this.replace(done.events, done.sentence))
      .catch((error) => this.refresh(error.message));
    return this.last;
  }

  /** What stands on the server, beside a sentence about what it refused. */
  refresh(sentence) { return fetched(`${this.address}/events`).then((answer) => answer.json()).then((events) => this.replace(events, sentence), () => this.hooks.say(sentence)); }

  replace(events, sentence) {
    this.events.splice(0, Infinity, ...events.map(known));
    this.selected = this.find(this.selected?.id) ?? null;
    this.hooks.changed();
    this.hooks.say(sentence);
    window.dash_clientside.set_props("viewer-acted", { data: Date.now() });      // Python draws the list and the burden anew
  }
}

export function post(address, body, method = "POST", more = {}) {
  const token = document.cookie.split("; ").find((pair) => pair.startsWith("_csrf_token="))?.slice(12) ?? "";
  const headers = { "Content-Type": "application/json", "X-CSRFToken": decodeURIComponent(token), ...more };
  return fetched(address, { method, headers, body: JSON.stringify(body) });
}
