// The byte formats of the viewer: EEG page (HMSP), probability ribbon (HMSR), regional spectrogram (HMSS), trends (HMST). Little endian.

export const NOT_RECORDED = -32768;   // in an EEG page

/** Check magic and version of a tile; one of another kind is never guessed at. */
function opened(buffer, magic) {
  const view = new DataView(buffer), found = String.fromCharCode(...new Uint8Array(buffer, 0, 4));
  if (found !== magic || view.getUint16(4, true) !== 1) throw new Error(`not a tile of kind ${magic} 1: ${found}`);
  return { u16: (at) => view.getUint16(at, true), u32: (at) => view.getUint32(at, true), f32: (at) => view.getFloat32(at, true), f64: (at) => view.getFloat64(at, true) };
}

const described = (buffer, length, at = 64) => JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, at, length)));

/** One page of EEG: `data` is trace after trace; where `pairs`, each two samples are the minimum and maximum of a stretch. */
export function decodePage(buffer) {
  const { u16, u32, f32, f64 } = opened(buffer, "HMSP"), words = u32(40), traces = u16(6), samples = u32(8);
  const data = new Int16Array(buffer, 64 + words, traces * samples);
  return { samples, data, pairs: (u16(12) & 1) === 1, sfreqHz: f32(16), startS: f64(24), ...described(buffer, words) };
}

/** Probabilities of all label spans: `prob` is span after span, six classes each, 65535 = 1. */
export function decodeRibbon(buffer) {
  const { u16, u32, f32 } = opened(buffer, "HMSR"), classes = u16(6), count = u32(8), at = 32 + 4 * count;
  const prob = new Uint16Array(buffer, at, count * classes), assessed = new Uint8Array(buffer, at + 2 * count * classes, count);
  return { classes, count, prob, assessed, stepS: f32(12), labelS: f32(16), startS: new Float32Array(buffer, 32, count) };
}

/** Spectrogram of one range: `power` is region, frequency, time; 0 = not recorded, else dB = floor + (value - 1) * step. */
export function decodeSpectrogram(buffer) {
  const { u16, u32, f32, f64 } = opened(buffer, "HMSS"), words = u32(48), regions = u16(6), freqs = u32(8), times = u32(12);
  const power = new Uint8Array(buffer, 64 + words, regions * freqs * times), { names } = described(buffer, words);
  return { names, regions, freqs, times, power, startS: f64(16), columnS: f64(24), floorDb: f32(32), stepDb: f32(36), lowHz: f32(40), stepHz: f32(44) };
}

/** Trends of one range: `levels` is row, time; 0 = not known, else 1 .. 255 of the scale that `strips` describe, strip after strip. */
export function decodeTrends(buffer) {
  const { u16, u32, f64 } = opened(buffer, "HMST"), words = u32(12), rows = u16(6), times = u32(8);
  return { times, startS: f64(16), columnS: f64(24), levels: new Uint8Array(buffer, 32 + words, rows * times), ...described(buffer, words, 32) };
}

/** Ask our own API; what it refuses becomes an Error with its sentence. */
export async function fetched(address, options = {}) {
  const answer = await fetch(address, { credentials: "same-origin", ...options });
  if (answer.ok) return answer;
  const { error } = await answer.json().catch(() => ({}));
  throw new Error(error?.sentence ?? `The server did not answer as expected (${answer.status}). Try again.`);
}

export const bytes = async (address, options) => (await fetched(address, options)).arrayBuffer();
