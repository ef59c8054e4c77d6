// The byte formats of the viewer: EEG page (HMSP), probability ribbon (HMSR), regional spectrogram (HMSS). Little endian.

export const NOT_RECORDED = -32768;   // in an EEG page

/** Check magic and version of a tile; one of another kind is never guessed at. */
function opened(buffer, magic) {
  const view = new DataView(buffer), found = String.fromCharCode(...new Uint8Array(buffer, 0, 4));
  if (found !== magic || view.getUint16(4, true) !== 1) throw new Error(`not a tile of kind ${magic} 1: ${found}`);
  return view;
}

const described = (buffer, length) => JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 64, length)));

/** One page of EEG: `data` is trace after trace; where `pairs`, each two samples are the minimum and maximum of a stretch. */
export function decodePage(buffer) {
  const view = opened(buffer, "HMSP"), words = view.getUint32(40, true);
  const traces = view.getUint16(6, true), samples = view.getUint32(8, true);
  return {
    traces, samples, pairs: (view.getUint16(12, true) & 1) === 1, sfreqHz: view.getFloat32(16, true),
    startS: view.getFloat64(24, true), ...described(buffer, words), data: new Int16Array(buffer, 64 + words, traces * samples),
  };
}

/** Probabilities of all label spans: `prob` is span after span, six classes each, 65535 = 1. */
export function decodeRibbon(buffer) {
  const view = opened(buffer, "HMSR"), classes = view.getUint16(6, true), count = view.getUint32(8, true), at = 32 + 4 * count;
  return {
    classes, count, stepS: view.getFloat32(12, true), labelS: view.getFloat32(16, true), startS: new Float32Array(buffer, 32, count),
    prob: new Uint16Array(buffer, at, count * classes), assessed: new Uint8Array(buffer, at + 2 * count * classes, count),
  };
}

/** Spectrogram of one range: `power` is region, frequency, time; 0 = not recorded, else dB = floor + (value - 1) * step. */
export function decodeSpectrogram(buffer) {
  const view = opened(buffer, "HMSS"), words = view.getUint32(48, true);
  const regions = view.getUint16(6, true), freqs = view.getUint32(8, true), times = view.getUint32(12, true);
  return {
    regions, freqs, times, startS: view.getFloat64(16, true), columnS: view.getFloat64(24, true), floorDb: view.getFloat32(32, true),
    stepDb: view.getFloat32(36, true), lowHz: view.getFloat32(40, true), stepHz: view.getFloat32(44, true),
    ...described(buffer, words), power: new Uint8Array(buffer, 64 + words, regions * freqs * times),
  };
}

/** Ask our own API; what it refuses becomes an Error with its sentence. */
export async function fetched(address, options = {}) {
  const answer = await fetch(address, { credentials: "same-origin", ...options });
  if (answer.ok) return answer;
  const { error } = await answer.json().catch(() => ({}));
  throw new Error(error?.sentence ?? `The server did not answer as expected (${answer.status}). Try again.`);
}

export const bytes = async (address, options) => (await fetched(address, options)).arrayBuffer();
