// The page of the regional spectrograms: the strip alone, large, and a click leads to the EEG.

import { Clock } from "./clock.mjs";
import { Strip } from "./strip.mjs";

const PAGE_S = 10;      // of the viewer it leads to: the clicked moment comes to its middle

export class SpectrogramPage {
  constructor(root, facts) {
    this.root = root;
    this.ended = new AbortController();
    const part = (name) => root.querySelector(`[data-part=${name}]`);
    this.strip = new Strip(part("strip"), facts, new Clock(facts.startLocal), {
      go: (seconds) => location.assign(`/studies/${facts.study}/review?t=${Math.max(0, seconds - PAGE_S / 2).toFixed(1)}`),
      hover: (words) => { part("readout").textContent = words; },
      say: (words) => { part("said").textContent = words; },
    });
    const on = (target, kind, use) => target.addEventListener(kind, use, { signal: this.ended.signal });
    on(root, "change", ({ target }) => this.changed(target));
    on(root, "click", ({ target }) => this.clicked(target.closest("[data-action=range]")));
    this.themed = new MutationObserver(() => this.strip.redraw());
    this.themed.observe(document.documentElement, { attributes: true, attributeFilter: ["data-bs-theme"] });
    const start = Number(new URLSearchParams(location.search).get("t"));
    if (start) this.strip.show({ startS: start, durationS: PAGE_S });
    this.strip.load();
  }

  changed({ dataset, value }) {
    if (dataset.setting === "map") this.strip.setDisplay({ map: value });
    if (["lowDb", "highDb"].includes(dataset.setting)) this.strip.setDisplay({ [dataset.setting]: Number(value) });
  }

  clicked(button) {
    if (!button) return;
    this.strip.setRange(Number(button.dataset.argument) || Infinity);
    for (const other of this.root.querySelectorAll("[data-action=range]")) other.setAttribute("aria-pressed", String(other === button));
  }

  close() {
    this.ended.abort();
    this.themed.disconnect();
    this.strip.close();
  }
}
