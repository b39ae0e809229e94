// Corrupt a drawing, and have an autoencoder mend it.

import { button, canvasOf, choice, drawGrey, drawSigned, element, figure, slider } from "./elements.js";
import { reconstructionOf } from "./models.js";
import { Pad, THREE } from "./pad.js";
import { asInput } from "./prepare.js";
import { Random } from "./random.js";

const FILTERS = 40;

// A corrupted copy of a picture: a share of its values set to 0, or to 0 or 1.
export function corrupted(x, share, kind, random) {
  return x.map((value) => {
    if (random.uniform() >= share) return value;
    return kind === "masking" ? 0 : Number(random.uniform() < 0.5);
  });
}

export async function mountRepair(place, entries) {
  const entry = await entries[0].load();
  const { model } = entry.models;
  const [height, width, channels = 1] = entry.shape;
  const views = ["your drawing", "corrupted", "mended"].map((name) => ({ name, canvas: canvasOf(width, height, name, { class: "pixels large" }) }));
  const said = element("p", { class: "said", role: "status" });
  let [share, kind, seed] = [0.5, "masking", 1];
  let x = null;

  function show() {
    const clean = x ?? new Float32Array(height * width * channels);
    const broken = corrupted(clean, share, kind, new Random(seed));
    const mended = reconstructionOf(model, broken);
    [clean, broken, mended].forEach((values, i) => drawGrey(views[i].canvas, values, channels));
    const off = (a) => Math.sqrt(a.reduce((sum, value, i) => sum + (value - clean[i]) ** 2, 0));
    said.textContent = `Distance from your drawing: corrupted ${off(broken).toFixed(1)}, mended ${off(mended).toFixed(1)}.`;
  }

  const pad = new Pad("Draw what is to be mended", (own) => {
    x = own.empty ? null : asInput(own.drawing, entry.shape, entry.preparation);
    show();
  });
  const weights = model.encoder.weight;
  const size = height * width;
  const filters = Array.from({ length: Math.min(FILTERS, weights.shape[0]) }, (_, i) => {
    const canvas = canvasOf(width, height, `Filter ${i + 1}`, { class: "pixels tile" });
    drawSigned(canvas, weights.data.subarray(i * size, (i + 1) * size));
    return canvas;
  });
  place.append(
    element(
      "div",
      { class: "desk" },
      element("div", { class: "column" }, ...pad.elements),
      element(
        "div",
        { class: "column" },
        slider("Corrupt", { min: 0, max: 0.9, step: 0.05, value: share, shown: (value) => `${Math.round(100 * value)} %` }, (value) => ((share = value), show())),
        choice("by", [["masking", "setting pixels to black"], ["salt-and-pepper", "salt and pepper"]], (value) => ((kind = value), show())),
        element("div", { class: "buttons" }, button("Other pixels", () => ((seed += 1), show()))),
      ),
    ),
    element("div", { class: "row" }, views.map(({ name, canvas }) => figure(name, canvas))),
    said,
    channels === 1 ? element("details", {}, element("summary", {}, `Filters: the weights of ${filters.length} of its ${weights.shape[0]} units`), element("div", { class: "tiles" }, filters)) : null,
  );
  pad.show(THREE);
}
