// What the model used: asks for the explanation of a window, and keeps what to shade over the EEG. Words, numbers and tables are the page's.

export class Explained {
  /** `place` is filled by the page, which also says what to shade: [traces or null for all, from, to, weight]; then `changed` is called. */
  constructor(place, changed) {
    Object.assign(this, { place, cells: [] });
    this.watcher = new MutationObserver(() => {
      const told = place?.querySelector("[data-shades]")?.dataset.shades;
      Object.assign(this, { from: NaN, to: NaN, cells: [] }, told && JSON.parse(told));
      if (this.isOpen && !this.shown) this.bringUp();
      this.shown = this.isOpen;
      changed();
    });
    if (place) this.watcher.observe(place, { childList: true, subtree: true, attributes: true, attributeFilter: ["data-shades"] });
  }

  get isOpen() { return Boolean(this.place?.hasChildNodes()); }

  /** Scroll the panel, and nothing else, to the explanation. */
  bringUp() {
    const panel = this.place.closest("aside"), top = (element) => element.getBoundingClientRect().top;
    panel.scrollTop += top(this.place.parentElement) - top(panel);
  }

  /** Explain the window at a moment; once more for the same window puts it away. */
  toggle(atS) { return this.isOpen && atS >= this.from && atS < this.to ? this.shut() : this.ask(atS); }

  ask(atS, view = "signal") { return this.tell(this.place && { at_s: atS, view }); }

  /** Another look at the window that is shown. */
  turn(view) { return this.ask((this.from + this.to) / 2, view); }

  /** Put it away; whether there was anything. */
  shut() { return this.isOpen && this.tell(null); }

  tell(data) { window.dash_clientside.set_props("viewer-explain", { data }); return true; }
}
