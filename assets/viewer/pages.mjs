// Pages of EEG in memory: fetched once, the next ones ahead of time, stale requests aborted.
import { bytes, decodePage } from "./bytes.mjs";

const KEPT = 32;        // pages; one of 40 channels x 30 s is about 0.3 MB when reduced to the pixels
const PARALLEL = 2;     // requests at once: the visible page never waits behind more than one other

export class Pages {
  constructor(address) { Object.assign(this, { address, kept: new Map(), running: new Map(), waiting: [] }); }

  /** The visible page, while only the pages `ahead` of it go on loading. Rejects with AbortError when overtaken. */
  async show(query, ahead) {
    const [key, ...next] = [query, ...ahead].map((each) => new URLSearchParams(each).toString());
    this.keepOnly([key, ...next]);
    const page = this.kept.get(key) ?? await this.load(key);
    this.waiting = next.filter((other) => !this.kept.has(other) && !this.running.has(other));
    this.fill();
    return page;
  }

  fill() {      // a page ahead that fails is asked for again when it is needed
    while (this.running.size < PARALLEL && this.waiting.length) this.load(this.waiting.shift()).catch(() => {});
  }

  load(key) {
    if (this.running.has(key)) return this.running.get(key).promise;
    const entry = { controller: new AbortController() };
    this.running.set(key, entry);
    entry.promise = bytes(`${this.address}?${key}`, { signal: entry.controller.signal }).then(decodePage).then((page) => {
      this.kept.set(key, page);
      if (this.kept.size > KEPT) this.kept.delete(this.kept.keys().next().value);
      return page;
    }).finally(() => {
      if (this.running.get(key) === entry) this.running.delete(key);
      this.fill();
    });
    return entry.promise;
  }

  keepOnly(keys) {
    this.waiting = [];
    for (const [key, { controller }] of [...this.running]) {
      if (keys.includes(key)) continue;
      this.running.delete(key);      // at once: the same page may be wanted again before the abort has gone through
      controller.abort();
    }
  }
}
