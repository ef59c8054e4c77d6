// Entry: starts the viewer, or the spectrogram page, when Dash has put it on the screen, and ends it when Dash takes it away.
import { Clock } from "./viewer/clock.mjs";
import { Strip } from "./viewer/strip.mjs";
import { View } from "./viewer/view.mjs";

const PAGE_S = 10;      // of the viewer that the spectrogram leads to: the clicked moment comes to its middle
let open = null;

function spectrogram(root, facts) {
  const tell = (part) => (words) => { root.querySelector(`[data-part=${part}]`).textContent = words; };
  const go = (seconds) => location.assign(`/studies/${facts.study}/review?t=${Math.max(0, seconds - PAGE_S / 2).toFixed(1)}`);
  const strip = new Strip(root, facts, new Clock(facts.startLocal), { go, hover: tell("readout"), say: tell("said") });
  strip.load();
  return strip;
}

function look() {
  const place = document.querySelector("[data-viewer]");
  if (place === (open?.place ?? null)) return;
  open?.view.close();
  const facts = place && JSON.parse(place.dataset.facts);
  open = place && { place, view: place.dataset.viewer === "viewer" ? new View(place, facts) : spectrogram(place, facts) };
}

new MutationObserver(look).observe(document.documentElement, { childList: true, subtree: true });
look();
