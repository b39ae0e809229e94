// Draw a picture, and see what each classifier says of it.

import { barsOf, canvasOf, choice, drawGrey, drawMaps, drawSigned, element, figure } from "./elements.js";
import { softmax, largestOf } from "./layers.js";
import { codeOf, featureMaps, logitsOf } from "./models.js";
import { Pad, THREE } from "./pad.js";
import { asInput, fitted, scaledAsLearned } from "./prepare.js";

const UNITS = 12; // of a perceptron that are shown

// Logits of a run's classifier, which may read the code of an encoder.
export function classifierLogits(entry, x) {
  const { model, features } = entry.models;
  return features ? logitsOf(model, codeOf(features, x, entry.shape)) : logitsOf(model, x, entry.shape);
}

export async function mountDigit(place, entries) {
  const shown = await Promise.all(entries.map((entry) => entry.load()));
  const said = element("p", { class: "said", role: "status" });
  const columns = shown.map((entry) => {
    const bars = barsOf(entry.classes, `Probabilities by ${entry.title}`);
    return { entry, bars, seen: seenBy(entry), box: element("section", { class: "column" }, element("h3", {}, entry.title), bars.list) };
  });
  const [height, width] = shown[0].shape;
  const small = canvasOf(width, height, "The drawing as the models see it", { class: "pixels input" });

  function show(inputs) {
    if (!inputs) {
      columns.forEach(({ bars, seen }) => (bars.show(null), seen?.show(null)));
      said.textContent = "Draw something.";
      drawGrey(small, new Float32Array(width * height));
      return;
    }
    const words = columns.map(({ entry, bars, seen }, i) => {
      const probabilities = [...softmax(classifierLogits(entry, inputs[i]))];
      bars.show(probabilities);
      seen?.show(inputs[i], largestOf(probabilities));
      return `${entry.title} says ${entry.classes[largestOf(probabilities)]}`;
    });
    drawGrey(small, inputs[0], shown[0].shape[2]);
    said.textContent = `${words.join("; ")}.`;
  }

  const pad = new Pad("Draw a picture", (own) =>
    show(own.empty ? null : shown.map(({ shape, preparation }) => asInput(own.drawing, shape, preparation))),
  );
  const open = shown[0].preparation.digits ? null : opener(shown, show);
  place.append(
    element("div", { class: "desk" }, element("div", { class: "column" }, ...pad.elements, open), figure("as the models see it", small)),
    said,
    element("div", { class: "columns" }, columns.map(({ box }) => box)),
    ...columns.map(({ seen }) => seen?.box).filter(Boolean),
  );
  pad.show(THREE);
}

// A field to open a picture's file, which does not leave the browser, prepared as the models' own pictures.
function opener(shown, show) {
  const input = element("input", { type: "file", accept: "image/*" });
  input.addEventListener("change", async () => {
    if (!input.files.length) return;
    const bitmap = await createImageBitmap(input.files[0]);
    show(shown.map(({ shape, preparation }) => pictureInput(bitmap, shape, preparation)));
  });
  return element("label", { class: "choice" }, element("span", {}, "or open a picture"), input);
}

function pictureInput(bitmap, [height, width, channels = 1], preparation) {
  const canvas = element("canvas", { width: bitmap.width, height: bitmap.height });
  const context = canvas.getContext("2d");
  context.fillStyle = "#fff";
  context.fillRect(0, 0, bitmap.width, bitmap.height);
  context.drawImage(bitmap, 0, 0);
  const { data } = context.getImageData(0, 0, bitmap.width, bitmap.height);
  const plane = (value) => {
    const grey = { width: bitmap.width, height: bitmap.height, data: Uint8Array.from({ length: data.length / 4 }, (_, i) => value(4 * i)) };
    return fitted(grey, height, width);
  };
  const luma = (i) => Math.round(0.299 * data[i] + 0.587 * data[i + 1] + 0.114 * data[i + 2]);
  const planes = channels === 3 ? [0, 1, 2].map((c) => plane((i) => data[i + c])) : [plane(luma)];
  const bytes = Uint8Array.from({ length: height * width * channels }, (_, i) => planes[i % channels][Math.floor(i / channels)]);
  return scaledAsLearned(preparation.inverted ? bytes.map((value) => 255 - value) : bytes, preparation);
}

// What a classifier looks for: weight images, or feature maps.
function seenBy(entry) {
  const { model, features } = entry.models;
  const [height, width, channels = 1] = entry.shape;
  if (features || (model.class !== "LeNet" && channels !== 1)) return null;
  if (model.class === "LeNet") return mapsSeen(entry);
  if (model.class === "MLP") return model.hidden.length === 1 ? unitsSeen(entry) : null;
  return weightsSeen(entry, height, width);
}

function details(title, ...children) {
  return element("details", { open: true }, element("summary", {}, title), ...children);
}

function mapsSeen(entry) {
  const layers = entry.models.model.convolutions.map((layer, i) =>
    canvasOf(8, 8, `Feature maps of convolution ${i + 1}`, { class: "pixels wide" }),
  );
  const show = (x) => {
    if (!x) return layers.forEach((canvas) => canvas.getContext("2d").clearRect(0, 0, canvas.width, canvas.height));
    featureMaps(entry.models.model, x, entry.shape).forEach((maps, i) => drawMaps(layers[i], maps, maps.channels > 25 ? 25 : 10));
  };
  const captions = entry.models.model.convolutions.map(({ weight }, i) => `convolution ${i + 1}: ${weight.shape[0]} maps after pooling`);
  return { show, box: details(`${entry.title}: feature maps`, layers.map((canvas, i) => figure(captions[i], canvas))) };
}

// A class's weights, and beside them what of the drawing speaks for the class and against it, pixel by pixel.
function weightsSeen(entry, height, width) {
  const { weight } = entry.models.model;
  const tiles = entry.classes.slice(0, 20).map((name, i) => {
    const own = weight.data.subarray(i * height * width, (i + 1) * height * width);
    const canvas = canvasOf(width, height, `Weights of class ${name}`, { class: "pixels tile" });
    drawSigned(canvas, own);
    return { canvas, own, name };
  });
  let times = true;
  let last = null;
  const show = (x) => {
    last = x;
    tiles.forEach(({ canvas, own }) => drawSigned(canvas, times && x ? own.map((w, i) => w * x[i]) : own));
  };
  const which = choice("Show", [["times", "weight × drawing"], ["weights", "the weights alone"]], (value) => {
    times = value === "times";
    show(last);
  });
  const pictures = element("div", { class: "tiles" }, tiles.map(({ canvas, name }) => figure(name, canvas)));
  return { show, box: details(`${entry.title}: what each class's weight image sees (orange speaks for it, blue against)`, which, pictures) };
}

// The hidden units that speak most for the likeliest class: activation times the weight above.
function unitsSeen(entry) {
  const { model } = entry.models;
  const [height, width] = entry.shape;
  const canvases = Array.from({ length: UNITS }, (_, i) => canvasOf(width, height, `Weights of hidden unit ${i + 1}`, { class: "pixels tile" }));
  const captions = canvases.map(() => element("figcaption", {}));
  const show = (x, best) => {
    if (!x) return;
    const code = codeOf(model, x, entry.shape);
    const above = model.output.weight;
    const speaks = [...code].map((h, unit) => ({ unit, value: h * above.data[best * above.shape[1] + unit] }));
    speaks.sort((a, b) => b.value - a.value);
    canvases.forEach((canvas, i) => {
      const { unit, value } = speaks[i] ?? { unit: 0, value: 0 };
      const first = model.hidden[0].weight.data.subarray(unit * height * width, (unit + 1) * height * width);
      drawSigned(canvas, code[unit] < 0 ? first.map((w) => -w) : first);
      captions[i].textContent = `+${value.toFixed(2)}`;
    });
  };
  const tiles = canvases.map((canvas, i) => element("figure", {}, canvas, captions[i]));
  return { show, box: details(`${entry.title}: the hidden units that speak most for its answer`, element("div", { class: "tiles" }, tiles)) };
}
