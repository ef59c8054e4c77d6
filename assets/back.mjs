// Back and forward of the browser within one page: who holds the page takes the event and restores what was shown; Dash, which would
// build the page anew, then hears nothing. This file imports nothing, so that it listens before Dash does.

addEventListener("popstate", (event) => {
  if (!document.dispatchEvent(new CustomEvent("hms-back", { cancelable: true }))) event.stopImmediatePropagation();
});
