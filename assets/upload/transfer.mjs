// One upload from the first 64 KiB to the end of its analysis, in the order in which it happens.

import { Card, inBytes, inTime } from "./card.mjs";
import { append, call, Refusal } from "./wire.mjs";

const HEAD = 64 * 1024, CHUNK = 8 * 1024 * 1024, MIB = 1024 * 1024, AT_ONCE = 3;
const pause = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });

const turns = { free: AT_ONCE, waiting: [] };
const takeTurn = () => turns.free > 0 ? (turns.free -= 1, Promise.resolve()) : new Promise((resolve) => turns.waiting.push(resolve));
const giveTurn = () => { const next = turns.waiting.shift(); if (next) next(); else turns.free += 1; };

// Finds the same file again after a reload: name, size, time, and a hash of its first and last MiB.
export async function fingerprint(file) {
  const ends = await new Blob([file.slice(0, MIB), file.slice(Math.max(0, file.size - MIB))]).arrayBuffer();
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", ends)).slice(0, 16);
  const hex = [...hash].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return `${file.name.slice(0, 100)}|${file.size}|${file.lastModified}|${hex}`;
}

export class Transfer {
  constructor({ file = null, mark = "", view = null, onRemoved }) {
    this.view = view;
    this.mark = view?.fingerprint ?? mark;
    this.stop = new AbortController();
    this.given = new Promise((resolve) => { this.give = (again) => { this.file = again; resolve(); }; });
    if (file) this.give(file);
    this.card = new Card(view?.original_name ?? file.name, view?.size ?? file.size);
    this.card.on("cancel", "click", () => this.cancel(onRemoved));
    this.card.on("retry", "click", () => this.run());
    this.card.on("open", "click", (event) => this.openInPlace(event));
    this.card.on("again", "click", () => document.querySelector("#upload-input").click());
    this.prepareForm();
  }

  get moving() { return ["waiting", "receiving", "verifying"].includes(this.card.element.dataset.state); }

  async run() {
    this.card.message("");
    try {
      if (!this.view) await this.announce();
      if (this.view.state === "checking") await this.sendHead();
      if (this.view.state === "confirming") await this.confirmed();
      if (["receiving", "verifying"].includes(this.view.state)) await this.sendBytes();
      await this.follow();
    } catch (error) {
      if (error.name !== "AbortError") this.fail(error);
    }
  }

  fail(error) {
    const unread = error instanceof DOMException;
    if (!unread && !(error instanceof Refusal)) throw error;
    this.card.state(error.code === "refused" ? "refused" : "failed");
    const advice = error.status === 401 ? " Your uploads are kept: sign in in another tab, then retry." : "";
    this.card.message(unread ? "The file has changed or can no longer be read. Choose it again." : error.message + advice);
  }

  async announce() {
    this.card.state("checking");
    this.view = await call("POST", "/uploads", { name: this.file.name, size: this.file.size, fingerprint: this.mark });
  }

  async sendHead() {
    await this.theFile();
    this.card.state("checking");
    this.view = await call("PUT", `/uploads/${this.view.id}/head`, await this.file.slice(0, HEAD).arrayBuffer());
  }

  async theFile() {
    if (!this.file) {
      this.card.state("again");
      this.card.progress(this.view.received / this.view.size, `${inBytes(this.view.received)} are here already; choose the file again to go on`);
    }
    await this.given;
  }

  // As Dash's own links do: loading the page anew would break off the uploads that still move.
  openInPlace(event) {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    history.pushState({}, "", event.currentTarget.href);
    window.dispatchEvent(new CustomEvent("_dashprivate_pushstate"));
  }

  prepareForm() {
    let timer = 0;
    this.card.on("search", "input", () => { clearTimeout(timer); timer = setTimeout(() => this.search(), 250); });
    for (const name of ["new-name", "new-number"]) this.card.on(name, "input", () => this.choose(null, null));
    this.card.on("confirm", "click", () => this.confirm());
  }

  async search() {
    const text = this.card.part("search").value.trim();
    const path = `/patients?limit=8&text=${encodeURIComponent(text)}`;
    const page = text ? await call("GET", path).catch((error) => { this.card.message(error.message); }) : null;
    this.card.found(page?.patients ?? [], text, (button, patient) => this.choose(button, patient));
  }

  // A patient of the clinic, or with null the new one whose fields were typed in; the button says which.
  choose(button, patient) {
    this.patientId = patient?.id;
    this.card.press(button);
    this.card.text("confirm", patient ? `Confirm and upload for ${patient.name}` : "Confirm and upload for the new patient");
    this.card.show("accept-line", false);
    this.card.part("accept").checked = false;
    this.card.message("");
  }

  confirmed() {
    this.card.state("confirming");
    this.card.facts(this.view.facts);
    this.card.suggest(this.view.facts.patient);
    this.search();
    return new Promise((resolve) => { this.isConfirmed = resolve; });
  }

  async confirm() {
    try {
      this.view = await call("POST", `/uploads/${this.view.id}/confirm`, this.card.confirmation(this.patientId));
      this.card.message("");
      this.isConfirmed();
    } catch (error) {
      this.card.message(error.message);
      if (error.code === "other_identity") this.card.show("accept-line");
    }
  }

  async sendBytes() {
    await this.theFile();
    this.card.state("waiting");
    await takeTurn();
    try {
      for (let tries = 0; ["receiving", "verifying"].includes(this.view.state);) {
        tries = await this.sendSome() ? 0 : tries + 1;
        if (tries) await pause(1000 * Math.min(30, 2 ** (tries - 1)));
        if (this.stop.signal.aborted) throw new DOMException("cancelled", "AbortError");
      }
    } finally {
      giveTurn();
    }
  }

  // Send from where the server stands to the end; false after a failure that another try may mend.
  async sendSome() {
    try {
      this.view = await call("GET", `/uploads/${this.view.id}`);
      if (!["receiving", "verifying"].includes(this.view.state)) return true;
      let offset = this.view.received;
      const meter = new Meter(offset, this.view.size);
      do {
        this.card.state("receiving");
        const bytes = await this.file.slice(offset, offset + CHUNK).arrayBuffer();
        const base = offset;
        offset = await append(`/uploads/${this.view.id}`, bytes, base, (sent) => this.sent(meter, base + sent), this.stop.signal);
      } while (offset < this.view.size);
      this.view = await call("GET", `/uploads/${this.view.id}`);
      return true;
    } catch (error) {
      if (!error.passes) throw error;
      this.card.progress(this.view.received / this.view.size, `${error.message} Trying again …`);
      return false;
    }
  }

  sent(meter, offset) {
    if (offset >= this.view.size) this.card.state("verifying");
    this.card.progress(offset / this.view.size, offset >= this.view.size ? "checking the whole file" : meter.words(offset));
  }

  async follow() {
    if (this.view.state === "refused") throw new Refusal(422, JSON.stringify({ error: { code: "refused", sentence: this.view.refusal } }));
    this.card.open(this.view.study_id);
    if (this.view.note) this.card.message(this.view.note);
    for (let job = { state: "queued" }; this.view.job_id; await pause(this.card.element.isConnected ? 1500 : 10000)) {
      try {
        job = await call("GET", `/jobs/${this.view.job_id}`);
      } catch (error) {
        if (!error.passes) throw error;
      }
      this.showJob(job);
      if (!["queued", "running"].includes(job.state)) return;
    }
    this.card.state("known");
  }

  showJob(job) {
    this.card.state(job.state === "done" && this.view.note ? "known" : job.state);
    const words = job.total ? `${job.step || "analysing"} ${job.done} of ${job.total}` : job.step || "analysing";
    this.card.progress(job.total ? job.done / job.total : 0, job.state === "queued" ? "waiting for a worker" : words);
    if (job.error_sentence) this.card.message(job.error_sentence);
    this.card.text("cancel", "Remove from list");
    this.card.show("retry", false);              // a failed analysis is repeated from the study's page
  }

  async cancel(onRemoved) {
    this.stop.abort();
    const state = this.view?.state;
    if (state && state !== "stored") await call("DELETE", `/uploads/${this.view.id}`).catch(() => {});
    this.card.element.remove();
    onRemoved(this);
  }
}

// Speed over the last seconds and what it means for the rest.
class Meter {
  constructor(offset, size) {
    this.size = size;
    this.samples = [[performance.now(), offset]];
  }

  words(offset) {
    const now = performance.now();
    this.samples.push([now, offset]);
    while (this.samples.length > 2 && now - this.samples[1][0] > 5000) this.samples.shift();
    const [[since, from]] = this.samples, rate = 1000 * (offset - from) / Math.max(1, now - since);
    const left = rate > 0 ? `${inTime((this.size - offset) / rate)} left` : "";
    return [`${Math.floor(100 * offset / this.size)} %`, `${inBytes(offset)} of ${inBytes(this.size)}`, `${(rate / 1e6).toFixed(1)} MB/s`, left].filter(Boolean).join(" · ");
  }
}
