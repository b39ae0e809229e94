// Drawings made into what a model learned from, as the library prepares a picture (its data/drawings.py).

const FAINTEST = 0.25; // of the strongest ink: less is the blur of an edge
const SMALLEST = 0.02; // of the ink's pixels: a spot that is smaller is dirt
const LEAST_INK = 8; // shades between ink and ground; less is none

// The input that a model takes, of a drawing in bright ink on black: { width, height, data } with data from 0 to 255.
export function asInput(drawing, shape, preparation) {
  const [height, width, channels = 1] = shape;
  const light = preparation.ground === "light";
  const bytes = preparation.digits
    ? asDigit(drawing, preparation.digits)
    : fitted(light ? { ...drawing, data: drawing.data.map((value) => 255 - value) } : drawing, height, width);
  const grey = scaledAsLearned(bytes, preparation);
  return Float32Array.from({ length: grey.length * channels }, (_, i) => grey[Math.floor(i / channels)]);
}

// Bytes on the scale of the pictures that a model learned from.
export function scaledAsLearned(bytes, preparation) {
  if (preparation.bytes) return Float32Array.from(bytes, (value) => value / 256);
  const x = Float32Array.from(bytes, (value) => value / 255);
  if (!preparation.offsets.length || preparation.bounded) return x;
  const { offsets, scales, top } = preparation;
  return x.map((value, i) => (value * top - (offsets[i] ?? offsets[0])) / (scales[i] ?? scales[0]));
}

// The ink cropped, fitted into a box and centred by its mass: side x side bytes. Black where there is no ink.
export function asDigit(drawing, [side, box]) {
  const result = new Uint8Array(side * side);
  const ink = inkOf(drawing);
  const bounds = boundsOf(ink, drawing.width, drawing.height);
  if (!bounds) return result;
  const { top, left, height, width } = bounds;
  const cropped = new Uint8Array(height * width);
  for (let i = 0; i < height; i++) {
    for (let j = 0; j < width; j++) {
      cropped[i * width + j] = Math.floor(ink[(top + i) * drawing.width + left + j] * 255);
    }
  }
  const scale = box / Math.max(height, width);
  const [rows, columns] = [height, width].map((length) => Math.max(1, toEven(length * scale)));
  const small = resized({ width, height, data: cropped }, rows, columns);
  const [down, right] = massOf(small, rows, columns);
  const clipped = (at, length) => Math.min(Math.max(toEven(side / 2 - at), 0), side - length);
  const [y, x] = [clipped(down, rows), clipped(right, columns)];
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) result[(y + i) * side + x + j] = small[i * columns + j];
  }
  return result;
}

// How much ink lies on each pixel, 0 to 1, without specks.
function inkOf({ width, height, data }) {
  const most = data.reduce((a, b) => Math.max(a, b), 0);
  const none = new Float64Array(data.length);
  if (most < LEAST_INK) return none;
  const strong = Float64Array.from(data.filter((value) => value > 0.5 * most)).sort();
  const middle = strong.length >> 1;
  const strongest = strong.length % 2 ? strong[middle] : (strong[middle - 1] + strong[middle]) / 2;
  const ink = Float64Array.from(data, (value) => Math.min(value / strongest, 1));
  const kept = strokesOf(ink, width, height);
  return ink.map((value, place) => (kept[place] ? value : 0));
}

// The pixels on or beside parts of the ink that are large enough.
function strokesOf(ink, width, height) {
  const parts = new Int32Array(ink.length);
  const sizes = [0];
  const around = (place, visit) => {
    const [y, x] = [Math.floor(place / width), place % width];
    for (let i = Math.max(y - 1, 0); i <= Math.min(y + 1, height - 1); i++) {
      for (let j = Math.max(x - 1, 0); j <= Math.min(x + 1, width - 1); j++) visit(i * width + j);
    }
  };
  for (let start = 0; start < ink.length; start++) {
    if (ink[start] <= FAINTEST || parts[start]) continue;
    const part = sizes.push(0) - 1;
    const waiting = [start];
    parts[start] = part;
    while (waiting.length) {
      const place = waiting.pop();
      sizes[part] += 1;
      around(place, (near) => {
        if (ink[near] > FAINTEST && !parts[near]) {
          parts[near] = part;
          waiting.push(near);
        }
      });
    }
  }
  const least = Math.max(1, SMALLEST * sizes.reduce((a, b) => a + b, 0));
  const kept = new Uint8Array(ink.length);
  parts.forEach((part, place) => {
    if (part && sizes[part] >= least) around(place, (near) => (kept[near] = 1));
  });
  return kept;
}

function boundsOf(ink, width, height) {
  let [top, left, bottom, right] = [height, width, -1, -1];
  for (let i = 0; i < height; i++) {
    for (let j = 0; j < width; j++) {
      if (!ink[i * width + j]) continue;
      [top, left] = [Math.min(top, i), Math.min(left, j)];
      [bottom, right] = [Math.max(bottom, i), Math.max(right, j)];
    }
  }
  return bottom < 0 ? null : { top, left, height: bottom - top + 1, width: right - left + 1 };
}

// Row and column of the centre of mass.
function massOf(data, rows, columns) {
  let [total, down, across] = [0, 0, 0];
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      const value = data[i * columns + j];
      total += value;
      down += i * value;
      across += j * value;
    }
  }
  return [down / total, across / total];
}

// A grey picture scaled to fit a height and a width with its proportions, centred on black or white as its border is.
export function fitted(picture, height, width) {
  const scale = Math.min(height / picture.height, width / picture.width);
  const rows = Math.max(1, toEven(picture.height * scale));
  const columns = Math.max(1, toEven(picture.width * scale));
  const small = resized(picture, rows, columns);
  const found = new Uint8Array(height * width).fill(picture.data[0]);
  const [y, x] = [Math.floor((height - rows) / 2), Math.floor((width - columns) / 2)];
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) found[(y + i) * width + x + j] = small[i * columns + j];
  }
  return found;
}

// Bytes scaled by Lanczos' filter of three lobes, columns first and then rows, as Pillow does.
export function resized({ width, height, data }, rows, columns) {
  let found = data;
  if (columns !== width) {
    const filter = filtersOf(width, columns);
    const wide = new Uint8Array(height * columns);
    for (let i = 0; i < height; i++) {
      filter.forEach(({ first, weights }, j) => {
        let sum = 0;
        weights.forEach((weight, k) => (sum += weight * found[i * width + first + k]));
        wide[i * columns + j] = asByte(sum);
      });
    }
    found = wide;
  }
  if (rows === height) return found;
  const tall = new Uint8Array(rows * columns);
  filtersOf(height, rows).forEach(({ first, weights }, i) => {
    for (let j = 0; j < columns; j++) {
      let sum = 0;
      weights.forEach((weight, k) => (sum += weight * found[(first + k) * columns + j]));
      tall[i * columns + j] = asByte(sum);
    }
  });
  return tall;
}

// For each pixel of the result the pixels that it is made of, and their weights.
function filtersOf(from, to) {
  const scale = from / to;
  const stretch = Math.max(scale, 1);
  return Array.from({ length: to }, (_, i) => {
    const centre = (i + 0.5) * scale;
    const first = Math.max(0, Math.floor(centre - 3 * stretch + 0.5));
    const last = Math.min(from, Math.floor(centre + 3 * stretch + 0.5));
    const weights = Array.from({ length: last - first }, (_, k) => lanczos((first + k - centre + 0.5) / stretch));
    const sum = weights.reduce((a, b) => a + b, 0);
    return { first, weights: weights.map((weight) => weight / sum) };
  });
}

function lanczos(x) {
  if (x === 0) return 1;
  if (Math.abs(x) >= 3) return 0;
  return (3 * Math.sin(Math.PI * x) * Math.sin((Math.PI * x) / 3)) / (Math.PI * x) ** 2;
}

const asByte = (value) => Math.min(255, Math.max(0, Math.floor(value + 0.5)));

// Rounded to whole numbers, halves to even ones, as Python does.
function toEven(value) {
  const floor = Math.floor(value);
  if (value - floor !== 0.5) return Math.round(value);
  return floor % 2 ? floor + 1 : floor;
}
