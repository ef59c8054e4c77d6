// Uploads outlive the page that shows them: transfers live in this module, and the upload page shows their cards when it is open.

import { Transfer, fingerprint } from "./upload/transfer.mjs";
import { call } from "./upload/wire.mjs";

const transfers = new Set();
let list = null;

const onRemoved = (transfer) => transfers.delete(transfer);

function start(options) {
  const transfer = new Transfer({ ...options, onRemoved });
  transfers.add(transfer);
  list?.prepend(transfer.card.element);
  transfer.run();
}

async function take(files) {
  for (const file of files) {
    const mark = await fingerprint(file);
    const known = [...transfers].find((transfer) => transfer.mark === mark && transfer.view?.state !== "stored");
    if (known) known.give(file);
    else start({ file, mark });
  }
}

async function showOpenUploads() {
  const known = new Set([...transfers].map((transfer) => transfer.view?.id));
  const views = await call("GET", "/uploads").catch(() => []);
  for (const view of views.reverse()) if (!known.has(view.id)) start({ view });
}

function prepare(drop) {
  const input = document.createElement("input");
  Object.assign(input, { type: "file", multiple: true, hidden: true, id: "upload-input" });
  input.addEventListener("change", () => { take([...input.files]); input.value = ""; });
  drop.append(input);
  document.querySelector("#upload-choose").addEventListener("click", () => input.click());
  const over = (event, is) => { event.preventDefault(); drop.classList.toggle("over", is); };
  drop.addEventListener("dragover", (event) => over(event, true));
  drop.addEventListener("dragleave", (event) => over(event, false));
  drop.addEventListener("drop", (event) => { over(event, false); take([...event.dataTransfer.files]); });
}

// Dash builds the page when its address is opened and throws it away afterwards.
function attach() {
  const found = document.querySelector("#upload-list");
  if (found === list || (found && !document.querySelector("#upload-prototype > *"))) return;
  list = found;
  if (!list) return;
  for (const transfer of transfers) {
    list.prepend(transfer.card.element);
    if (transfer.settled) transfer.again().catch((error) => transfer.fail(error));
  }
  prepare(document.querySelector("#upload-drop"));
  showOpenUploads();
}

new MutationObserver(attach).observe(document.documentElement, { childList: true, subtree: true });
window.addEventListener("beforeunload", (event) => {
  if ([...transfers].some((transfer) => transfer.moving)) event.preventDefault();
});
