// Time as the recorder told it. EDF has no time zone: clock times are counted in UTC internally and never converted.

const DAY_S = 86400, STEPS_S = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600, 43200];
const two = (n) => String(n).padStart(2, "0"), ofDay = (seconds) => ((seconds % DAY_S) + DAY_S) % DAY_S;

export class Clock {
  /** `startLocal` is ISO text without zone, or null when the recording does not tell its start. */
  constructor(startLocal) {
    Object.assign(this, { known: Boolean(startLocal), startS: startLocal ? Date.parse(`${startLocal.slice(0, 23)}Z`) / 1000 : 0 });
  }

  /** "14:26:18", or "0:00:10" from the start where the clock is not known. */
  time(seconds, decimals = 0) {
    const at = this.startS + Math.round(seconds * 10 ** decimals) / 10 ** decimals, day = this.known ? ofDay(at) : Math.max(0, at);
    const s = Math.floor(day + 1e-6), hours = Math.floor(s / 3600), rest = decimals ? (day - s + 1e-9).toFixed(decimals).slice(1) : "";
    return `${this.known ? two(hours) : hours}:${two(Math.floor(s / 60) % 60)}:${two(s % 60)}${rest}`;
  }

  /** "2014-04-12", or what the times are counted from. */
  date(seconds) { return this.known ? new Date((this.startS + seconds) * 1000).toISOString().slice(0, 10) : "from start"; }

  /** Seconds from the start of "14:26:18" (the next such time after the start, or the one nearest to `nearS`), "+90" or "+1:30"; NaN if not such a time. */
  seconds(text, nearS = NaN) {
    const match = /^(\+?)(\d+)(?::(\d{1,2}))?(?::(\d{1,2}(?:\.\d+)?))?$/.exec(text.trim()), parts = match?.slice(2).filter(Boolean).map(Number) ?? [NaN];
    if (match?.[1] || !this.known || parts.length === 1) return parts.reduce((sum, part) => sum * 60 + part, 0);
    const next = ofDay(parts[0] * 3600 + parts[1] * 60 + (parts[2] ?? 0) - this.startS);
    return next + DAY_S * (Math.round((nearS - next) / DAY_S) || 0);
  }

  /** Round times in a range, at most `count`, as [seconds from the start, label]: round on the clock, not from the start. */
  ticks(fromS, toS, count) {
    const step = STEPS_S.find((each) => (toS - fromS) / each <= count) ?? DAY_S, offset = this.startS % step, found = [];
    for (let k = Math.ceil((fromS + offset) / step - 1e-6); k * step - offset < toS; k++) found.push(k * step - offset);
    return found.map((at) => [at, this.time(at)]);
  }
}
