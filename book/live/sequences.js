// The models of sequences: words with labels, whole texts, music.

import { product, sigmoid, softmax, statesOf } from "./layers.js";
import { drawn, hiddenLogits, visibleField } from "./models.js";

const UNKNOWN = "<UNK>";
const DIGIT = "DIGIT";

// A vocabulary as models of words use it: the place of each word.
export function lexiconOf(words) {
  const known = words.filter((word) => word !== UNKNOWN).map((word) => word.replaceAll(DIGIT, ""));
  return {
    words,
    places: new Map(words.map((word, place) => [word, place])),
    lower: known.every((word) => word === word.toLowerCase()),
  };
}

// Words as the corpus of a tagger would write them: digits hidden, small letters where it has no capitals.
export function asKnown(words, lexicon) {
  return words.map((word) => {
    word = word.normalize("NFC");
    if (lexicon.lower) word = word.toLowerCase();
    word = word.replace(/[0-9]/g, DIGIT);
    return lexicon.places.has(word) ? word : UNKNOWN;
  });
}

// What a text is cut into: words with their marks, ! and ?; or characters. Each with its place in the text.
export function tokensOf(text, kind) {
  const lower = text.normalize("NFC").replace(/<[^<>]{0,20}>/g, (tag) => " ".repeat(tag.length)).toLowerCase();
  if (kind === "characters") {
    const parts = [...new Intl.Segmenter(undefined, { granularity: "grapheme" }).segment(lower)];
    return parts.filter((one) => one.segment.trim()).map((one) => ({ word: one.segment, at: one.index }));
  }
  const letters = "[\\p{L}\\p{N}][\\p{L}\\p{N}\\p{M}\\u200c\\u200d]*";
  const found = lower.matchAll(new RegExp(`${letters}(?:['\\u2019]${letters})*|[!?]`, "gu"));
  return [...found].map((match) => ({ word: match[0], at: match.index }));
}

// A row of an embedding; -1 is the last, that of the padding.
function embedded(model, place) {
  const [rows, dimension] = model.embedding.shape;
  const start = (place < 0 ? rows + place : place) * dimension;
  return model.embedding.data.subarray(start, start + dimension);
}

// Logits of the labels of each word of a sentence, which is the places of its words.
export function taggerLogits(model, words) {
  const half = Math.floor(model.window / 2);
  const dimension = model.embedding.shape[1];
  const inputs = words.map((_, t) => {
    const x = new Float32Array(model.window * dimension);
    for (let i = 0; i < model.window; i++) x.set(embedded(model, words[t + i - half] ?? -1), i * dimension);
    return x;
  });
  return statesOf(model, inputs).map((h) => product(h, model.weight, model.bias));
}

// The words whose embeddings point most nearly the same way, with the cosines.
export function nearestWords(model, lexicon, word, count) {
  const own = embedded(model, lexicon.places.get(word));
  const found = lexicon.words.map((other, place) => ({ word: other, cosine: cosine(own, embedded(model, place)) }));
  return found
    .filter((one) => one.word !== word && one.word !== UNKNOWN)
    .sort((a, b) => b.cosine - a.cosine)
    .slice(0, count);
}

function cosine(a, b) {
  let [ab, aa, bb] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    ab += a[i] * b[i];
    aa += a[i] * a[i];
    bb += b[i] * b[i];
  }
  return ab / Math.max(Math.sqrt(aa * bb), 1e-12);
}

// Logits of a text, which is the places of its words, and of each word its share h(t)·W / words of them.
export function textLogits(model, words) {
  const states = statesOf(model, words.map((place) => embedded(model, place)));
  const shares = states.map((h) => product(h, model.weight).map((share) => share / words.length));
  const logits = Float32Array.from(model.bias.data);
  for (const share of shares) share.forEach((value, i) => (logits[i] += value));
  return { logits, probabilities: softmax(logits), shares };
}

// u(0) of a model of music.
export function startOf(model) {
  return model.initial ? model.initial.data : new Float32Array(model.recurrent_bias.data.length);
}

// u(t), from u(t-1) and the notes v(t).
export function nextState(model, u, v) {
  const beside = product(u, model.recurrent_weight, model.recurrent_bias);
  return product(v, model.visible_to_recurrent).map((below, i) => Math.tanh(below + beside[i]));
}

// P(v(t) | past): an RBM or a NADE with biases that u(t-1) gives.
export function conditional(model, u) {
  const biased = (weight, bias) => ({ shape: bias.shape, data: product(u, weight, bias) });
  return {
    weight: model.weight,
    output_weight: model.output_weight,
    visible_bias: biased(model.recurrent_to_visible, model.visible_bias),
    hidden_bias: biased(model.recurrent_to_hidden, model.hidden_bias),
  };
}

// Notes drawn one by one, each given those below it, from numbers uniform in [0, 1); and their probabilities.
export function sampleNade(nade, uniform) {
  const [visible, hidden] = nade.weight.shape;
  const a = Float32Array.from(nade.hidden_bias.data);
  const v = new Float32Array(visible);
  const p = new Float32Array(visible);
  for (let i = 0; i < visible; i++) {
    let logit = nade.visible_bias.data[i];
    for (let j = 0; j < hidden; j++) logit += sigmoid(a[j]) * nade.output_weight.data[i * hidden + j];
    p[i] = sigmoid(logit);
    v[i] = uniform() < p[i] ? 1 : 0;
    if (v[i]) for (let j = 0; j < hidden; j++) a[j] += nade.weight.data[i * hidden + j];
  }
  return { v, p };
}

// The notes of a step, given u(t-1); an RBM's by Gibbs sampling from silence.
export function drawNotes(model, u, random, gibbsSteps = 25) {
  const density = conditional(model, u);
  if (model.class === "RNNNADE") return sampleNade(density, () => random.uniform()).v;
  let v = new Float32Array(density.visible_bias.data.length);
  for (let step = 0; step < gibbsSteps; step++) {
    v = drawn(visibleField(density, drawn(hiddenLogits(density, v), random)), random);
  }
  return v;
}

// Steps that a model writes after an opening, both lists of notes of each step.
export function continued(model, opening, steps, random) {
  let u = startOf(model);
  for (const v of opening) u = nextState(model, u, v);
  return Array.from({ length: steps }, () => {
    const v = drawNotes(model, u, random);
    u = nextState(model, u, v);
    return v;
  });
}
