// The EEG follows a pointer: one page is on its way at a time, then comes the newest wish; one that is late gives way to it.

const LATE_MS = 150;

export class Scrub {
  constructor(go) { Object.assign(this, { go, wish: null, follows: false }); }

  async to(seconds) {
    this.wish = seconds;
    if (this.follows) return;
    for (this.follows = true; this.wish !== null;) {
      const at = this.wish;
      this.wish = null;
      await Promise.race([this.go(at), new Promise((late) => setTimeout(late, LATE_MS))]);
    }
    this.follows = false;
  }
}
