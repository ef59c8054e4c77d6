// Playing: a line runs over the page in step with the recorder's clock, and where it has reached the end the page turns. None is skipped.

const LONGEST_MS = 250;      // between two frames; what a hidden window misses is not made up for

export class Player {
  constructor(view) { Object.assign(this, { view, head: view.part("playhead"), told: view.part("playing"), frame: null }); }

  /** Seconds of the recording per second. */
  get rate() { const { view } = this, speed = view.value("speed"); return speed.endsWith("x") ? parseFloat(speed) : (Number(speed) * view.durationS) / 60; }

  toggle() {
    if (this.frame) return this.stop();
    Object.assign(this, { atS: this.view.startS, last: performance.now() });
    return this.step(this.last);
  }

  stop() {
    cancelAnimationFrame(this.frame);
    Object.assign(this, { frame: null });
    this.show(false, "");
  }

  show(plays, words) {
    this.view.root.classList.toggle("playing", plays);
    this.head.hidden = !plays;
    if (this.told.textContent !== words) this.told.textContent = words;
  }

  step(now) {
    const { view } = this, passedS = Math.max(0, Math.min(now - this.last, LONGEST_MS)) / 1000, stopS = view.startS + view.durationS;
    this.last = now;
    this.frame = requestAnimationFrame((next) => this.step(next));
    if (!view.pending) this.atS += passedS * this.rate;                       // a page on its way stops the clock
    if (this.atS >= stopS && view.startS >= view.clamp(Infinity)) return this.stop();
    if (this.atS >= stopS && !view.pending) { this.atS = stopS; view.goTo(stopS, 1, true); }
    if (view.geo) this.head.style.transform = `translateX(${Math.min(view.geo.right, view.geo.x(this.atS))}px)`;
    return this.show(true, `playing ${view.list("speed").selectedOptions[0].text} · ${view.clock.time(this.atS)}`);
  }
}
