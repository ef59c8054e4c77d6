// Entry: starts the viewer when Dash has put it on the screen, and ends it when Dash takes it away.
import { View } from "./viewer/view.mjs";

let open = null;

function look() {
  const place = document.querySelector("[data-viewer]");
  if (place === (open?.place ?? null)) return;
  open?.view.close();
  open = place && { place, view: new View(place, JSON.parse(place.dataset.facts)) };
}

new MutationObserver(look).observe(document.documentElement, { childList: true, subtree: true });
look();
