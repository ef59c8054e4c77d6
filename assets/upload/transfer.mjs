// One upload from the first 64 KiB to the end of its analysis, in the order in which it happens.

import { Card, inBytes, inTime } from "./card.mjs";
import { append, call, Refusal } from "./wire.mjs";

const HEAD = 64 * 1024, CHUNK = 8 * 1024 * 1024, MIB = 1024 * 1024, AT_ONCE = 3;
const MOVES = ["receiving", "verifying"];
const pause = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });

const turns = { free: AT_ONCE, waiting: [] };
const takeTurn = () => turns.free > 0 ? (turns.free -= 1, Promise.resolve()) : new Promise((resolve) => turns.waiting.push(resolve));
const giveTurn = () => { const next = turns.waiting.shift(); if (next) next(); else turns.free += 1; };

// Finds the same file again after a reload: name, size, time, and a hash of its first and last MiB.
export async function fingerprint(file) {
  const ends = await new Blob([file.slice(0, MIB), file.slice(Math.max(0, file.size - MIB))]).arrayBuffer();
  const hash = [...new Uint8Array(await crypto.subtle.digest("SHA-256", ends)).slice(0, 16)];
  return [file.name.slice(0, 100), file.size, file.lastModified, hash.map((byte) => byte.toString(16).padStart(2, "0")).join("")].join("|");
}

// As Dash's own links do: loading the page anew would break off the uploads that still move.
function openInPlace(event) {
  if (event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  history.pushState({}, "", event.currentTarget.href);
  window.dispatchEvent(new CustomEvent("_dashprivate_pushstate"));
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
    this.card.on("open", "click", openInPlace);
    this.card.on("again", "click", () => document.querySelector("#upload-input").click());
    this.card.on("search", "input", () => { clearTimeout(this.timer); this.timer = setTimeout(() => this.search(), 250); });
    for (const field of ["new-name", "new-number"]) this.card.on(field, "input", () => this.choose(null));
    this.card.on("confirm", "click", () => this.confirm());
  }

  get moving() { return ["waiting", ...MOVES].includes(this.card.element.dataset.state); }

  async run() {
    this.card.message("");
    try {
      if (!this.view) await this.announce();
      if (this.view.state === "checking") await this.sendHead();
      if (this.view.state === "confirming") await this.confirmed();
      if (MOVES.includes(this.view.state)) await this.sendBytes();
      await this.follow();
    } catch (error) {
      if (error.name !== "AbortError") this.fail(error);
    }
  }

  fail(error) {
    const unread = error instanceof DOMException;
    if (!unread && !(error instanceof Refusal)) throw error;
    this.card.state(error.code === "refused" ? "refused" : "failed");
    this.card.message(unread ? "The file has changed or can no longer be read. Choose it again." : error.message);
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

  confirmed() {
    this.card.state("confirming");
    this.card.facts(this.view.facts);
    this.card.suggest(this.view.facts.patient);
    this.search();
    return new Promise((resolve) => { this.isConfirmed = resolve; });
  }

  async search() {
    const text = this.card.part("search").value.trim();
    const asked = text && call("GET", `/patients?limit=8&text=${encodeURIComponent(text)}`);
    const page = await Promise.resolve(asked || null).catch((error) => { this.card.message(error.message); });
    this.card.found(page?.patients ?? [], text, (patient) => this.choose(patient));
  }

  choose(patient) {
    this.patient = patient;
    this.card.chosen(patient);
  }

  async confirm() {
    try {
      this.view = await call("POST", `/uploads/${this.view.id}/confirm`, this.card.confirmation(this.patient));
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
      for (let tries = 0; MOVES.includes(this.view.state);) {
        tries = await this.sendSome() ? 0 : tries + 1;
        if (tries) await pause(1000 * Math.min(30, 2 ** (tries - 1)));
        this.stop.signal.throwIfAborted();
      }
    } finally {
      giveTurn();
    }
  }

  // Send from where the server stands to the end; false after a failure that another try may mend.
  async sendSome() {
    try {
      this.view = await call("GET", `/uploads/${this.view.id}`);
      const samples = [], path = `/uploads/${this.view.id}`, { size, received } = this.view;
      for (let offset = received, more = MOVES.includes(this.view.state); more; more = offset < size) {
        this.card.state("receiving");
        const bytes = await this.file.slice(offset, offset + CHUNK).arrayBuffer();
        offset = await append(path, bytes, offset, (sent) => this.sent(samples, sent), this.stop.signal);
      }
      this.view = await call("GET", path);
      return true;
    } catch (error) {
      if (!error.passes) throw error;
      this.card.progress(this.view.received / this.view.size, `${error.message} Trying again …`);
      return false;
    }
  }

  // Show how far it is, with the speed of the last seconds and what that means for the rest.
  sent(samples, offset) {
    const now = performance.now(), { size } = this.view;
    samples.push([now, offset]);
    while (samples.length > 2 && now - samples[1][0] > 5000) samples.shift();
    const rate = 1000 * (offset - samples[0][1]) / Math.max(1, now - samples[0][0]);
    const words = [`${Math.floor(100 * offset / size)} %`, `${inBytes(offset)} of ${inBytes(size)}`];
    if (rate > 0) words.push(`${(rate / 1e6).toFixed(1)} MB/s`, `${inTime((size - offset) / rate)} left`);
    if (offset >= size) this.card.state("verifying");
    this.card.progress(offset / size, offset >= size ? "checking the whole file" : words.join(" · "));
  }

  async follow() {
    if (this.view.state === "refused") throw new Refusal(422, JSON.stringify({ error: { code: "refused", sentence: this.view.refusal } }));
    this.card.open(this.view.study_id);
    this.card.message(this.view.note);
    for (let job = { state: "queued" }; ["queued", "running"].includes(job.state); await pause(this.card.element.isConnected ? 1500 : 10000)) {
      job = await call("GET", `/jobs/${this.view.job_id}`).catch((error) => { if (error.passes) return job; throw error; });
      this.showJob(job);
    }
    await this.again();
  }

  // Joined meanwhile, or separated: then another recording than before is analysed.
  async again() {
    const now = await call("GET", `/uploads/${this.view.id}`).catch(() => this.view);
    this.settled = now.job_id === this.view.job_id;
    if (this.settled) return;
    this.view = now;
    await this.follow();
  }

  showJob({ state, step, done, total, error_sentence: sentence }) {
    const words = total ? `${step || "analysing"} ${done} of ${total}` : step || "analysing";
    this.card.state(state === "done" && this.view.note ? "known" : ["failed", "quarantined"].includes(state) ? "stopped" : state);
    this.card.progress(total ? done / total : 0, state === "queued" ? "waiting for a worker" : words);
    if (sentence) this.card.message(sentence);
  }

  async cancel(onRemoved) {
    this.stop.abort();
    const ended = !this.view || this.view.state === "stored";
    const failure = ended ? null : await call("DELETE", `/uploads/${this.view.id}`).then(() => null, (error) => error);
    if (failure?.status === 409) {                 // too late: it has become a study in the meantime
      this.stop = new AbortController();
      return this.run();
    }
    this.card.element.remove();
    return onRemoved(this);
  }
}
