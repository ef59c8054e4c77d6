// Where the reader was: the address follows the page; from a jump the browser leads back, page turns leave no entry of their own.

const REST_MS = 200;

export class Trail {
  /** `place()` tells what the address holds, `go(query)` brings it back; `signal` ends it. */
  constructor(place, go, signal) {
    Object.assign(this, { place, path: location.pathname });
    document.addEventListener("hms-back", (event) => {
      if (location.pathname !== this.path) return;
      event.preventDefault();
      this.timer = clearTimeout(this.timer);
      go(new URLSearchParams(location.search));
    }, { signal });
    signal.addEventListener("abort", () => clearTimeout(this.timer));
  }

  follow() { this.timer ??= setTimeout(() => this.write("replaceState"), REST_MS); }

  /** Before a jump: what is on the screen stays behind as an entry. */
  leave() { this.write("replaceState"); this.write("pushState"); }

  write(how) {
    this.timer = clearTimeout(this.timer);
    history[how](history.state, "", `${this.path}?${new URLSearchParams(this.place())}`);
  }
}
