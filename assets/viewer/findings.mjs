// The model's findings and the reader's decisions: selection, accept, dismiss, undo. The list itself comes from the page.
import { fetched } from "./bytes.mjs";
import { CODES } from "./paint.mjs";

export class Findings {
  /** `list` holds one item per event; `hooks` = {changed(), go(event), say(sentence), seen()}. */
  constructor(list, { events, mayReview }, clock, hooks) {
    Object.assign(this, { list, events, mayReview, clock, hooks, selected: null, done: [], last: Promise.resolve() });
    list.addEventListener("click", ({ target }) => {
      const item = target.closest("[data-event]"), button = target.closest("[data-decide]"), event = events.find(({ id }) => id === item?.dataset.event);
      if (!event) return;
      this.select(event);
      if (button) this.decide(event, button.dataset.decide); else hooks.go(event);
    });
  }

  item(event) { return this.list.querySelector(`[data-event="${event.id}"]`); }

  select(event) {
    if (this.selected) this.item(this.selected).ariaCurrent = null;
    this.selected = event;
    this.item(event).ariaCurrent = "true";
    this.item(event).scrollIntoView({ block: "nearest" });
  }

  /** The event before or after the selected one, or else after the moment `atS`. */
  step(direction, atS) {
    const { events, selected, hooks } = this, near = direction > 0 ? events.findIndex(({ start }) => start > atS) : events.findLastIndex(({ start }) => start < atS);
    const event = events[selected ? events.indexOf(selected) + direction : near];
    if (!event) return hooks.say(events.length ? "There is no further event." : "There is no event.");
    this.select(event);
    return hooks.go(event);
  }

  decideSelected(decision) { return this.selected ? this.decide(this.selected, decision) : this.hooks.say("Select an event first: ] goes to the next one."); }

  /** Show the decision at once, then tell the server; what it refuses is taken back. */
  async decide(event, decision, undoable = true) {
    const before = event.decision, entry = { event, before }, seen = this.hooks.seen();
    if (!this.mayReview) return this.hooks.say("Your role may not decide about findings.");
    if (before === decision) return null;
    if (undoable) this.done.push(entry);
    this.put(event, decision === "withdrawn" ? null : decision);
    this.hooks.say(`${CODES[event.pattern]} at ${this.clock.time(event.start)} ${decision}.`);
    this.last = this.last.then(() => post(event.id, { decision, seen })).catch((error) => {      // one after the other, as they were made
      this.put(event, before);
      this.done = this.done.filter((other) => other !== entry);
      this.hooks.say(error.message);
    });
    return this.last;
  }

  undo() {
    const entry = this.done.pop();
    if (!entry) return this.hooks.say("There is nothing to undo.");
    this.select(entry.event);
    return this.decide(entry.event, entry.before ?? "withdrawn", false);
  }

  put(event, decision) {
    event.decision = decision;
    this.item(event).dataset.decision = decision ?? "";
    this.item(event).querySelector("[data-part=decided]").textContent = decision ?? "";
    this.hooks.changed();
  }
}

function post(id, body) {
  const token = document.cookie.split("; ").find((pair) => pair.startsWith("_csrf_token="))?.slice(12) ?? "";
  const headers = { "Content-Type": "application/json", "X-CSRFToken": decodeURIComponent(token) };
  return fetched(`/api/v1/events/${id}/decision`, { method: "POST", headers, body: JSON.stringify(body) });
}
