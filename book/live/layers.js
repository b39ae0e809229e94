// Products, activations, and the layers that models are made of. Vectors are Float32Arrays; arrays are { shape, data }.

export const sigmoid = (x) => 1 / (1 + Math.exp(-x));
export const softplus = (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));

const ACTIVATIONS = { tanh: Math.tanh, sigmoid, relu: (x) => Math.max(x, 0), softplus, linear: (x) => x };

export function activated(name, x) {
  const s = ACTIVATIONS[name];
  return x.map((value) => s(value));
}

// W·x + b, for W (outputs, inputs).
export function affine(weight, x, bias) {
  const [outputs, inputs] = weight.shape;
  const w = weight.data;
  const found = new Float32Array(outputs);
  for (let i = 0; i < outputs; i++) {
    let sum = bias ? bias.data[i] : 0;
    const row = i * inputs;
    for (let j = 0; j < inputs; j++) sum += w[row + j] * x[j];
    found[i] = sum;
  }
  return found;
}

// x·W + b, for W (inputs, outputs); inputs that are zero cost nothing.
export function product(x, weight, bias) {
  const [inputs, outputs] = weight.shape;
  const w = weight.data;
  const found = bias ? Float32Array.from(bias.data) : new Float32Array(outputs);
  for (let i = 0; i < inputs; i++) {
    const value = x[i];
    if (value === 0) continue;
    const row = i * outputs;
    for (let j = 0; j < outputs; j++) found[j] += value * w[row + j];
  }
  return found;
}

export function dense(layer, x) {
  return activated(layer.activation, affine(layer.weight, x, layer.bias));
}

export function softmax(logits) {
  const largest = Math.max(...logits);
  const odds = logits.map((logit) => Math.exp(logit - largest));
  const sum = odds.reduce((a, b) => a + b, 0);
  return odds.map((one) => one / sum);
}

export function largestOf(values) {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (values[i] > values[best]) best = i;
  return best;
}

// Every kernel slid over maps { channels, height, width, data }, without padding (a cross-correlation).
export function convolve(x, kernels) {
  const [maps, channels, rows, columns] = kernels.shape;
  const height = x.height - rows + 1;
  const width = x.width - columns + 1;
  const data = new Float32Array(maps * height * width);
  for (let map = 0; map < maps; map++) {
    for (let channel = 0; channel < channels; channel++) {
      for (let r = 0; r < rows; r++) {
        for (let c = 0; c < columns; c++) {
          const k = kernels.data[((map * channels + channel) * rows + r) * columns + c];
          for (let i = 0; i < height; i++) {
            const to = (map * height + i) * width;
            const from = (channel * x.height + i + r) * x.width + c;
            for (let j = 0; j < width; j++) data[to + j] += k * x.data[from + j];
          }
        }
      }
    }
  }
  return { channels: maps, height, width, data };
}

// The largest value of each tile; rows and columns that fill no tile are dropped.
export function maxPool(x, [rows, columns]) {
  const height = Math.floor(x.height / rows);
  const width = Math.floor(x.width / columns);
  const data = new Float32Array(x.channels * height * width).fill(-Infinity);
  for (let channel = 0; channel < x.channels; channel++) {
    for (let i = 0; i < height * rows; i++) {
      const from = (channel * x.height + i) * x.width;
      const to = (channel * height + Math.floor(i / rows)) * width;
      for (let j = 0; j < width * columns; j++) {
        const place = to + Math.floor(j / columns);
        data[place] = Math.max(data[place], x.data[from + j]);
      }
    }
  }
  return { channels: x.channels, height, width, data };
}

export function convPool(layer, x) {
  const found = maxPool(convolve(x, layer.weight), layer.pool);
  const size = found.height * found.width;
  found.data = activated(
    layer.activation,
    found.data.map((value, place) => value + layer.bias.data[Math.floor(place / size)]),
  );
  return found;
}

// The states of a recurrent layer, Elman's or an LSTM, for each input of a sequence.
export function recurrentStates(layer, inputs) {
  return layer.class === "LSTM" ? lstmStates(layer, inputs) : elmanStates(layer, inputs);
}

// h(t) = σ(x(t)·Wx + h(t-1)·Wh + b)
function elmanStates(layer, inputs) {
  let h = layer.initial.data;
  return inputs.map((x) => {
    const beside = product(h, layer.recurrent_weight, layer.bias);
    h = product(x, layer.input_weight).map((below, i) => sigmoid(below + beside[i]));
    return h;
  });
}

// z = x(t)·W + h(t-1)·U + b in the gates i, f, o and g; c(t) = i·g + f·c(t-1), h(t) = o·tanh c(t)
function lstmStates(layer, inputs) {
  const hidden = layer.recurrent_weight.shape[0];
  let h = new Float32Array(hidden);
  const c = new Float32Array(hidden);
  return inputs.map((x) => {
    const below = product(x, layer.input_weight, layer.bias);
    const z = product(h, layer.recurrent_weight).map((beside, i) => beside + below[i]);
    h = h.map((_, j) => {
      const [i, f, o] = [0, 1, 2].map((gate) => sigmoid(z[gate * hidden + j]));
      c[j] = i * Math.tanh(z[3 * hidden + j]) + f * c[j];
      return o * Math.tanh(c[j]);
    });
    return h;
  });
}

// The states of one layer, or of one in each direction side by side.
export function statesOf(model, inputs) {
  const forward = recurrentStates(model.forward, inputs);
  if (!model.backward) return forward;
  const backward = recurrentStates(model.backward, [...inputs].reverse()).reverse();
  return forward.map((h, t) => Float32Array.of(...h, ...backward[t]));
}
