// Color maps as 17 stops each (matplotlib's viridis, magma, cividis: CC0), straight lines between them.

const STOPS = {
  viridis: "44015448186a472d7b4240863b528b33638d2c728e26828e21918c1fa08828ae803fbc735ec96284d44baddc30d8e219fde725",
  magma: "0000040a08221d114736106b51127c6a1c818326819c2e7fb73779d0416fe75263f56b5cfc8961fea772fec488fde2a3fcfdbf",
  cividis: "00224e002e6a1a386f32436d434e6c535a6d61656f6f70737d7c788c88789b9476aba072bcae6ccdbb63dec958f0d846fee838",
  gray: "000000ffffff",
};

/** 256 colors of a map as RGBA bytes. */
export function colormap(name) {
  const stops = STOPS[name].match(/../g).map((pair) => parseInt(pair, 16));
  const last = stops.length / 3 - 1, table = new Uint8ClampedArray(256 * 4);
  for (let i = 0; i < 256; i++) {
    const at = (i / 255) * last, k = Math.min(Math.floor(at), last - 1), share = at - k;
    for (let c = 0; c < 3; c++) table[4 * i + c] = stops[3 * k + c] * (1 - share) + stops[3 * k + 3 + c] * share;
    table[4 * i + 3] = 255;
  }
  return table;
}
