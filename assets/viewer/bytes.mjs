// The byte formats of the viewer: EEG page (HMSP), probability ribbon (HMSR), regional spectrogram (HMSS). Little endian.

export const NOT_RECORDED = -32768;   // in an EEG page

/** Check the four-letter magic and the version of a tile; a tile of another version is never guessed at. */
function opened(buffer, magic) {
  const view = new DataView(buffer);
  const found = String.fromCharCode(...new Uint8Array(buffer, 0, 4));
  if (found !== magic || view.getUint16(4, true) !== 1) throw new Error(`not a tile of kind ${magic} 1: ${found}`);
  return view;
}

function textOf(buffer, start, length) {
  return JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, start, length)));
}

/** One page of EEG: `data` is trace after trace; where `pairs`, each two samples are the minimum and maximum of a stretch. */
export function decodePage(buffer) {
  const view = opened(buffer, "HMSP");
  const traces = view.getUint16(6, true), samples = view.getUint32(8, true), jsonBytes = view.getUint32(40, true);
  return {
    traces, samples,
    pairs: (view.getUint16(12, true) & 1) === 1,
    sfreqHz: view.getFloat32(16, true),
    startS: view.getFloat64(24, true),
    durationS: view.getFloat64(32, true),
    ...textOf(buffer, 64, jsonBytes),
    data: new Int16Array(buffer, 64 + jsonBytes, traces * samples),
  };
}

/** Probabilities of all label spans: `prob` is span after span, six classes each, 65535 = 1. */
export function decodeRibbon(buffer) {
  const view = opened(buffer, "HMSR");
  const classes = view.getUint16(6, true), count = view.getUint32(8, true);
  return {
    classes, count,
    stepS: view.getFloat32(12, true),
    labelS: view.getFloat32(16, true),
    startS: new Float32Array(buffer, 32, count),
    prob: new Uint16Array(buffer, 32 + 4 * count, count * classes),
    assessed: new Uint8Array(buffer, 32 + 4 * count + 2 * count * classes, count),
  };
}

/** Regional spectrogram of one range: `power` is region, frequency, time; 0 = not recorded, else dB = floor + (value - 1) * step. */
export function decodeSpectrogram(buffer) {
  const view = opened(buffer, "HMSS");
  const regions = view.getUint16(6, true), freqs = view.getUint32(8, true), times = view.getUint32(12, true);
  const jsonBytes = view.getUint32(48, true);
  return {
    regions, freqs, times,
    startS: view.getFloat64(16, true),
    columnS: view.getFloat64(24, true),
    floorDb: view.getFloat32(32, true),
    stepDb: view.getFloat32(36, true),
    lowHz: view.getFloat32(40, true),
    stepHz: view.getFloat32(44, true),
    ...textOf(buffer, 64, jsonBytes),
    power: new Uint8Array(buffer, 64 + jsonBytes, regions * freqs * times),
  };
}

/** Decibels of one cell, or null where nothing was recorded. */
export function decibels(tile, region, freq, time) {
  const value = tile.power[(region * tile.freqs + freq) * tile.times + time];
  return value ? tile.floorDb + (value - 1) * tile.stepDb : null;
}

/** Fetch an address of our own API; what the server refuses becomes an Error with its sentence. */
export async function fetched(address, options = {}) {
  const answer = await fetch(address, { credentials: "same-origin", ...options });
  if (answer.ok) return answer;
  const body = await answer.json().catch(() => ({}));
  const error = new Error(body.error?.sentence ?? `The server did not answer as expected (${answer.status}). Try again.`);
  error.status = answer.status;
  error.code = body.error?.code ?? "";
  throw error;
}
