// Time as the recorder told it. EDF has no time zone, so clock times are counted in UTC internally and never converted.

const two = (n) => String(n).padStart(2, "0");

export class Clock {
  /** `startLocal` is ISO text without zone, or null when the recording does not tell its start. */
  constructor(startLocal) {
    this.startMs = startLocal ? Date.parse(`${startLocal.slice(0, 23)}Z`) : null;
  }

  get known() {
    return this.startMs !== null && Number.isFinite(this.startMs);
  }

  /** "14:26:18", or "0:00:10" from the start where the clock is not known. */
  time(seconds, decimals = 0) {
    const factor = 10 ** decimals;
    const shown = Math.round(seconds * factor) / factor;
    const total = this.known ? this.startMs / 1000 + shown : shown;
    const day = this.known ? ((total % 86400) + 86400) % 86400 : Math.abs(total);
    const s = Math.floor(day + 1e-6), rest = decimals ? (day - s + 1e-9).toFixed(decimals).slice(1) : "";
    const hours = Math.floor(s / 3600);
    return `${total < 0 && !this.known ? "−" : ""}${this.known ? two(hours) : hours}:${two(Math.floor(s / 60) % 60)}:${two(s % 60)}${rest}`;
  }

  /** "2014-04-12", or "" where it is not known. */
  date(seconds) {
    return this.known ? new Date(this.startMs + seconds * 1000).toISOString().slice(0, 10) : "";
  }

  /** Seconds from the start of "14:26:18" (the next such time after the start), "+90" (seconds) or "+1:30"; NaN if not a time. */
  seconds(text, durationS) {
    const match = /^(\+?)(\d+)(?::(\d{1,2}))?(?::(\d{1,2}(?:\.\d+)?))?$/.exec(text.trim());
    if (!match) return NaN;
    const parts = match.slice(2).filter((part) => part !== undefined).map(Number);
    const fromStart = match[1] === "+" || !this.known || parts.length === 1;
    if (fromStart) return parts.reduce((sum, part) => sum * 60 + part, 0);
    const [hours, minutes, rest = 0] = parts;
    const start = (this.startMs / 1000) % 86400;
    const after = ((hours * 3600 + minutes * 60 + rest - start) % 86400 + 86400) % 86400;
    return after <= durationS ? after : NaN;
  }
}

export function length(seconds) {
  if (seconds < 90) return `${Math.round(seconds * 10) / 10} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 90 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${two(minutes % 60)} min`;
}

/** Step between time labels: the shortest of a human list that leaves `labels` or fewer in `spanS`. */
export function labelStep(spanS, labels) {
  const steps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600];
  return steps.find((step) => spanS / step <= labels) ?? 43200;
}
