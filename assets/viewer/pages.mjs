// Pages of EEG in memory: fetched once, the next ones ahead of time, stale requests aborted.

import { decodePage, fetched } from "./bytes.mjs";

const KEPT = 32;        // pages; a page of 40 channels x 30 s is about 0.3 MB when decimated
const PARALLEL = 2;     // requests at once: the visible page never waits behind more than one other

export class Pages {
  constructor(address) {
    this.address = address;
    this.kept = new Map();       // key -> decoded page, oldest first
    this.running = new Map();    // key -> {promise, controller}
    this.waiting = [];
  }

  static key(query) {
    return new URLSearchParams(query).toString();
  }

  peek(query) {
    const key = Pages.key(query), page = this.kept.get(key);
    if (page) { this.kept.delete(key); this.kept.set(key, page); }
    return page;
  }

  /** Get the visible page, and let only the pages `ahead` of it go on loading. Rejects with AbortError when overtaken. */
  async show(query, ahead) {
    const wanted = new Set([query, ...ahead].map(Pages.key));
    this.waiting = [];
    for (const key of [...this.running.keys()]) if (!wanted.has(key)) this.abort(key);
    const page = this.peek(query) ?? await this.load(Pages.key(query));
    this.waiting = ahead.map(Pages.key).filter((key) => !this.kept.has(key) && !this.running.has(key));
    this.fill();
    return page;
  }

  fill() {
    while (this.running.size < PARALLEL && this.waiting.length) {
      this.load(this.waiting.shift()).catch(() => {});     // a page ahead that fails is asked for again when it is needed
    }
  }

  load(key) {
    const known = this.running.get(key);
    if (known) return known.promise;
    const controller = new AbortController();
    const promise = this.fetchPage(key, controller.signal).finally(() => {
      if (this.running.get(key)?.controller === controller) this.running.delete(key);
      this.fill();
    });
    this.running.set(key, { promise, controller });
    return promise;
  }

  abort(key) {
    this.running.get(key).controller.abort();
    this.running.delete(key);      // at once: the same page may be wanted again before the abort has gone through
  }

  async fetchPage(key, signal) {
    const answer = await fetched(`${this.address}?${key}`, { signal });
    const page = decodePage(await answer.arrayBuffer());
    this.kept.set(key, page);
    if (this.kept.size > KEPT) this.kept.delete(this.kept.keys().next().value);
    return page;
  }

  forget() {
    this.waiting = [];
    for (const key of [...this.running.keys()]) this.abort(key);
    this.kept.clear();
  }
}
