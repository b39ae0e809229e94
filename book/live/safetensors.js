// Models from safetensors files: raw arrays under a header that says how to put them together.

const FORMAT = "harmonium-1";

// The model in a file (an ArrayBuffer): its fields are numbers, text, lists, models, and arrays { shape, data }.
export function readModel(buffer) {
  const length = Number(new DataView(buffer).getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 8, length)));
  const arrays = new Map();
  for (const [name, entry] of Object.entries(header)) {
    if (name === "__metadata__") continue;
    const [start, end] = entry.data_offsets.map((offset) => 8 + length + offset);
    arrays.set(name, { shape: entry.shape, data: numbers(buffer.slice(start, end), entry.dtype) });
  }
  return built(JSON.parse(JSON.parse(header.__metadata__[FORMAT]).model), arrays);
}

function built(described, arrays) {
  if (Array.isArray(described)) return described.map((one) => built(one, arrays));
  if (described === null || typeof described !== "object") return described;
  if ("array" in described) return arrays.get(described.array);
  const model = { class: described.class };
  for (const [name, value] of Object.entries(described.arguments)) model[name] = built(value, arrays);
  return model;
}

function numbers(buffer, dtype) {
  if (dtype === "F32") return new Float32Array(buffer);
  if (dtype !== "F16") throw new Error(`arrays of ${dtype} are not read here`);
  return Float32Array.from(new Uint16Array(buffer), widened);
}

// A number of half precision: a sign, five bits of exponent, ten of fraction.
function widened(half) {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >> 10) & 31;
  const fraction = half & 1023;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
