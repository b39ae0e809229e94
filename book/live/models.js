// The models of pictures: classifiers, autoencoders, Boltzmann machines. Each function says which equation it is.

import { activated, affine, convPool, dense, product, sigmoid, softplus } from "./layers.js";

// One logit a class of a picture x (height, width, channels), as the library's `model(x)`.
export function logitsOf(model, x, shape) {
  switch (model.class) {
    case "LogisticRegression":
      return affine(model.weight, x, model.bias); // W·x + b
    case "MLP":
      return logitsOf(model.output, codeOf(model, x, shape), shape);
    case "LeNet":
      return logitsOf(model.perceptron, featureMaps(model, x, shape).at(-1).data, shape);
    default:
      throw new Error(`${model.class} is no classifier of pictures`);
  }
}

// The code that an encoder makes of a picture.
export function codeOf(model, x, shape) {
  switch (model.class) {
    case "MLP":
      return model.hidden.reduce((h, layer) => dense(layer, h), x);
    case "LeNet":
      return codeOf(model.perceptron, featureMaps(model, x, shape).at(-1).data, shape);
    case "Autoencoder":
      return dense(model.encoder, x);
    case "RBM":
    case "GaussianRBM":
      return hiddenLogits(model, x).map(sigmoid);
    default:
      throw new Error(`${model.class} has no encoder here`);
  }
}

// The maps of each convolution of a LeNet: { channels, height, width, data }.
export function featureMaps(model, x, [height, width, channels = 1]) {
  const data = new Float32Array(x.length);
  for (let place = 0; place < height * width; place++) {
    for (let c = 0; c < channels; c++) data[c * height * width + place] = x[place * channels + c];
  }
  let maps = { channels, height, width, data };
  return model.convolutions.map((layer) => (maps = convPool(layer, maps)));
}

// z = s'(W'·y + b'), with y = s(W·x + b): what an autoencoder makes of a picture.
export function reconstructionOf(model, x) {
  const y = dense(model.encoder, x);
  const field = model.decoder_weight
    ? affine(model.decoder_weight, y, model.visible_bias)
    : product(y, model.encoder.weight, model.visible_bias);
  return activated(model.reconstruction, field);
}

// Log-odds of each hidden unit of an RBM being on, v·W + c, or (v / σ²)·W + c.
export function hiddenLogits(rbm, v) {
  const scaled = rbm.log_variance ? v.map((value, i) => value * Math.exp(-rbm.log_variance.data[i])) : v;
  return product(scaled, rbm.weight, rbm.hidden_bias);
}

// W·h + b
export function visibleField(rbm, h) {
  return affine(rbm.weight, h, rbm.visible_bias);
}

// The mean of the visible units, given their field.
export function visibleMean(rbm, field) {
  return rbm.log_variance ? field : field.map(sigmoid);
}

// F(v) = -b·v - Σ log(1 + exp(logit)), in nats; p(v) = exp(-F(v)) / Z.
export function freeEnergy(rbm, v) {
  let sum = 0;
  for (let i = 0; i < v.length; i++) {
    const b = rbm.visible_bias.data[i];
    sum += rbm.log_variance ? -0.5 * (v[i] - b) ** 2 * Math.exp(-rbm.log_variance.data[i]) : v[i] * b;
  }
  for (const logit of hiddenLogits(rbm, v)) sum += softplus(logit);
  return -sum;
}

// Each unit on with the probability of its log-odds.
export function drawn(logits, random) {
  return logits.map((logit) => (random.uniform() < sigmoid(logit) ? 1 : 0));
}

export function drawVisible(rbm, field, random) {
  if (!rbm.log_variance) return drawn(field, random);
  return field.map((mean, i) => mean + Math.exp(rbm.log_variance.data[i] / 2) * random.normal());
}

// One step of block Gibbs sampling from v: the next v, and its mean given the hidden units.
export function gibbs(rbm, v, random) {
  const field = visibleField(rbm, drawn(hiddenLogits(rbm, v), random));
  return { v: drawVisible(rbm, field, random), mean: visibleMean(rbm, field) };
}

// The mean of a picture, given the code that the top RBM of a stack sees: samples of each layer between them.
export function downward(rbms, code, random) {
  const below = rbms.slice(0, -1).reverse();
  below.forEach((rbm, number) => {
    const field = visibleField(rbm, code);
    code = number === below.length - 1 ? visibleMean(rbm, field) : drawVisible(rbm, field, random);
  });
  return code;
}
