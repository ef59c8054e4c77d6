// Entry: starts the viewer, or the spectrogram page, when Dash has put it on the screen, and ends it when Dash takes it away.

import { SpectrogramPage } from "./viewer/spectrogram_page.mjs";
import { View } from "./viewer/view.mjs";

const KINDS = { viewer: View, spectrogram: SpectrogramPage };
let open = null;

function look() {
  const place = document.querySelector("[data-viewer][data-facts]");
  if (open && open.place === place) return;
  open?.view.close();
  open = null;
  if (place) open = { place, view: new KINDS[place.dataset.viewer](place, JSON.parse(place.dataset.facts)) };
}

new MutationObserver(look).observe(document.documentElement, { childList: true, subtree: true });
look();
