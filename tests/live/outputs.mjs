// Print what the live page's modules make of inputs: node outputs.mjs FOLDER CASES.json

import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const [folder, cases] = process.argv.slice(2);
const from = (name) => import(pathToFileURL(`${folder}/${name}`));
const [{ readModel }, models, sequences, prepare, hamiltonian, midi, layers] = await Promise.all(
  ["safetensors.js", "models.js", "sequences.js", "prepare.js", "hamiltonian.js", "midi.js", "layers.js"].map(from),
);

const model = (path) => {
  const bytes = readFileSync(path);
  return readModel(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
};
const array = (rows) => ({ shape: [rows.length, rows[0].length], data: Float32Array.from(rows.flat()) });

const answers = {
  logits: ({ path, inputs, shape }) => inputs.map((x) => [...models.logitsOf(model(path), x, shape)]),
  maps: ({ path, inputs, shape }) => inputs.map((x) => models.featureMaps(model(path), x, shape).flatMap((maps) => [...maps.data])),
  codes: ({ path, inputs, shape }) => inputs.map((x) => [...models.codeOf(model(path), x, shape)]),
  reconstructions: ({ path, inputs }) => inputs.map((x) => [...models.reconstructionOf(model(path), Float32Array.from(x))]),
  machine: ({ path, inputs }) => {
    const rbm = model(path);
    return inputs.map((values) => {
      const v = Float32Array.from(values);
      const hidden = models.hiddenLogits(rbm, v);
      const h = hidden.map((logit) => Number(logit > 0));
      const field = models.visibleField(rbm, h);
      return [models.freeEnergy(rbm, v), ...hidden, ...field, ...models.visibleMean(rbm, field)];
    });
  },
  // The uniform numbers are given, so that the draws must be the same.
  gibbs: ({ path, inputs, uniform }) => {
    const rbm = model(path);
    return inputs.map((values, i) => {
      const numbers = uniform[i].values();
      return [...models.gibbs(rbm, Float32Array.from(values), { uniform: () => numbers.next().value }).v];
    });
  },
  stack: ({ paths, inputs }) => inputs.map((code) => [...models.downward(paths.map(model), Float32Array.from(code), { uniform: () => 0.5 })]),
  tags: ({ path, inputs }) => inputs.map((words) => sequences.taggerLogits(model(path), words).flatMap((one) => [...one])),
  texts: ({ path, inputs }) =>
    inputs.map((words) => {
      const { logits, shares } = sequences.textLogits(model(path), words);
      const { bias } = model(path);
      const summed = shares.reduce((sum, share) => sum.map((value, i) => value + share[i]), Array.from(bias.data));
      return [...logits, ...summed];
    }),
  music: ({ path, inputs, uniform }) => {
    const rnn = model(path);
    return inputs.map((steps, i) => {
      let u = sequences.startOf(rnn);
      for (const v of steps) u = sequences.nextState(rnn, u, v);
      const density = sequences.conditional(rnn, u);
      const numbers = uniform[i].values();
      const notes = rnn.class === "RNNNADE" ? Object.values(sequences.sampleNade(density, () => numbers.next().value)).flatMap((a) => [...a]) : [];
      return [...u, ...density.visible_bias.data, ...density.hidden_bias.data, ...notes];
    });
  },
  known: ({ words, inputs }) => inputs.map((text) => sequences.asKnown(text.split(/\s+/), sequences.lexiconOf(words))),
  tokens: ({ inputs, kind }) => inputs.map((text) => sequences.tokensOf(text, kind).map(({ word }) => word)),
  near: ({ path, words, inputs }) => inputs.map((word) => sequences.nearestWords(model(path), sequences.lexiconOf(words), word, 5).map((one) => one.word)),
  digits: ({ inputs, digits }) => inputs.map((drawing) => [...prepare.asDigit(drawing, digits)]),
  fitted: ({ inputs, shape }) => inputs.map((drawing) => [...prepare.fitted(drawing, ...shape)]),
  energies: ({ name, inputs }) => inputs.map((s) => [hamiltonian.ENERGIES[name].energy(s), ...hamiltonian.ENERGIES[name].gradient(s)]),
  leapfrog: ({ inputs, step, count }) => {
    const bowl = { gradient: ([x, y]) => [x, 4 * y] };
    return inputs.map(([x, y, px, py]) => {
      const { path, velocity } = hamiltonian.leapfrogPath(bowl, [x, y], [px, py], step, count);
      return [...path.at(-1), ...velocity];
    });
  },
  pooled: ({ inputs, kernel, tile }) =>
    inputs.map((rows) => {
      const picture = { channels: 1, height: rows.length, width: rows[0].length, data: Float32Array.from(rows.flat()) };
      const outputs = layers.convolve(picture, { shape: [1, 1, kernel.length, kernel[0].length], data: array(kernel).data });
      return [...outputs.data, ...layers.maxPool(outputs, [tile, tile]).data];
    }),
  midi: ({ inputs, lowest, seconds }) => inputs.map((roll) => [...midi.midiOf(roll, lowest, seconds)]),
  speed: ({ path, rbm, inputs, shape, repeats }) => {
    const [lenet, machine] = [model(path), model(rbm)];
    const timed = (work) => {
      const times = Array.from({ length: repeats }, () => {
        const start = performance.now();
        work();
        return performance.now() - start;
      });
      return Math.min(...times); // of a machine that others use too
    };
    const x = Float32Array.from(inputs[0]);
    return { lenet: timed(() => models.logitsOf(lenet, x, shape)), gibbs: timed(() => models.gibbs(machine, x, { uniform: Math.random })) };
  },
};

const found = JSON.parse(readFileSync(cases, "utf8")).map((one) => answers[one.of](one));
process.stdout.write(JSON.stringify(found));
