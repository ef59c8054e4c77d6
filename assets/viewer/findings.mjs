// The model's findings and the reader's decisions: list, selection, accept, dismiss, undo.

import { fetched } from "./bytes.mjs";
import { length } from "./clock.mjs";
import { CODES } from "./paint.mjs";

const SAID = { accepted: "accepted", dismissed: "dismissed" };

export class Findings {
  /** `list` is the element to fill; `hooks` = {changed(), go(event), say(sentence), seen()}. */
  constructor(list, events, { clock, mayReview }, hooks) {
    Object.assign(this, { list, events, clock, mayReview, hooks, selected: null, done: [] });
    list.addEventListener("click", (click) => this.clicked(click));
    this.render();
  }

  clicked(click) {
    const item = click.target.closest("[data-event]");
    if (!item) return;
    const event = this.events.find(({ id }) => id === item.dataset.event), button = click.target.closest("[data-decision]");
    if (click.detail) click.target.closest("button")?.blur();       // after a mouse click the keys belong to the page again
    if (button) { this.select(event); this.decide(event, button.dataset.decision); } else { this.select(event); this.hooks.go(event); }
  }

  select(event) {
    this.selected = event;
    this.mark();
  }

  /** The event before or after the selected one, or else after the moment `atS`. */
  step(direction, atS) {
    const at = this.events.indexOf(this.selected);
    const beyond = direction > 0 ? this.events.findIndex((event) => event.start > atS) : this.events.findLastIndex((event) => event.start < atS);
    const next = at >= 0 ? at + direction : beyond;
    const event = this.events[next];
    if (!event) return this.hooks.say(this.events.length ? "There is no further event." : "There is no event.");
    this.select(event);
    this.hooks.go(event);
  }

  decideSelected(decision) {
    if (this.selected) this.decide(this.selected, decision);
    else this.hooks.say("Select an event first: ] goes to the next one.");
  }

  /** Show the decision at once, then tell the server; what it refuses is taken back. */
  async decide(event, decision, { undoable = true } = {}) {
    if (!this.mayReview) return this.hooks.say("Your role may not decide about findings.");
    const before = event.decision;
    if (before === decision) return;
    this.put(event, decision === "withdrawn" ? null : decision);
    if (undoable) this.done.push({ event, before });
    this.hooks.say(`${CODES[event.pattern]} at ${this.clock.time(event.start)}: ${decision}. U takes it back.`);
    try {
      await this.chained(() => post(event.id, { decision, seen: this.hooks.seen() }));
    } catch (error) {
      this.put(event, before);
      this.done = this.done.filter((entry) => entry.event !== event || entry.before !== before);
      this.hooks.say(error.message);
    }
  }

  /** Decisions reach the server in the order in which they were made. */
  chained(send) {
    const sent = (this.last ?? Promise.resolve()).then(send);
    this.last = sent.catch(() => {});
    return sent;
  }

  undo() {
    const entry = this.done.pop();
    if (!entry) return this.hooks.say("There is nothing to undo.");
    this.select(entry.event);
    this.decide(entry.event, entry.before ?? "withdrawn", { undoable: false });
  }

  put(event, decision) {
    event.decision = decision;
    this.render();
    this.hooks.changed();
  }

  render() {
    this.list.replaceChildren(...this.events.map((event) => this.item(event)));
    this.mark();
  }

  mark() {
    for (const item of this.list.children) {
      const selected = item.dataset.event === this.selected?.id;
      item.classList.toggle("selected", selected);
      if (selected) { item.setAttribute("aria-current", "true"); item.scrollIntoView({ block: "nearest" }); } else item.removeAttribute("aria-current");
    }
  }

  item(event) {
    const item = element("li", { className: `viewer-event decision-${event.decision ?? "open"}` });
    item.dataset.event = event.id;
    const go = element("button", { type: "button", className: "viewer-event-go" });
    const code = element("span", { className: `viewer-code class-${event.pattern}`, textContent: CODES[event.pattern] });
    const facts = `${this.clock.time(event.start)} · ${length(event.stop - event.start)} · max ${event.max.toFixed(2)}`;
    go.append(code, element("span", { textContent: facts }));
    item.append(go);
    if (event.decision) item.append(element("span", { className: "viewer-said", textContent: SAID[event.decision] }));
    if (this.mayReview) item.append(...this.buttons(event));
    return item;
  }

  buttons(event) {
    const named = { accepted: ["Accept", "✓"], dismissed: ["Dismiss", "✗"], withdrawn: ["Take back the decision on", "↶"] };
    const offered = event.decision ? ["withdrawn"] : ["accepted", "dismissed"];
    return offered.map((decision) => {
      const [label, sign] = named[decision];
      const button = element("button", { type: "button", className: "viewer-decide", textContent: sign, title: label.split(" the ")[0] });
      button.dataset.decision = decision;
      button.setAttribute("aria-label", `${label} ${CODES[event.pattern]} at ${this.clock.time(event.start)}`);
      return button;
    });
  }
}

export function element(name, properties = {}) {
  return Object.assign(document.createElement(name), properties);
}

function post(id, body) {
  const token = document.cookie.split("; ").find((pair) => pair.startsWith("_csrf_token="))?.slice(12) ?? "";
  const headers = { "Content-Type": "application/json", "X-CSRFToken": decodeURIComponent(token) };
  return fetched(`/api/v1/events/${id}/decision`, { method: "POST", headers, body: JSON.stringify(body) });
}
