// A photo and a kernel that one can edit; and max-pooling.

import { button, canvasOf, choice, drawGrey, drawSigned, element, figure, slider } from "./elements.js";
import { convolve, maxPool } from "./layers.js";

const ROWS = 5;
const LARGEST = 240; // pixels of a side of one's own picture
const KERNELS = {
  edges: ["Edges all round", [0, 0, 0, 0, 0, 0, -1, -1, -1, 0, 0, -1, 8, -1, 0, 0, -1, -1, -1, 0, 0, 0, 0, 0, 0]],
  upright: ["Upright edges", [0, 0, 0, 0, 0, 0, -1, 0, 1, 0, 0, -2, 0, 2, 0, 0, -1, 0, 1, 0, 0, 0, 0, 0, 0]],
  level: ["Level edges", [0, 0, 0, 0, 0, 0, -1, -2, -1, 0, 0, 0, 0, 0, 0, 0, 1, 2, 1, 0, 0, 0, 0, 0, 0]],
  blur: ["Blur", Array(25).fill(0.04)],
  sharpen: ["Sharpen", [0, 0, 0, 0, 0, 0, 0, -1, 0, 0, 0, -1, 5, -1, 0, 0, 0, -1, 0, 0, 0, 0, 0, 0, 0]],
  emboss: ["Emboss", [0, 0, 0, 0, 0, 0, -2, -1, 0, 0, 0, -1, 1, 1, 0, 0, 0, 1, 2, 0, 0, 0, 0, 0, 0]],
  nothing: ["Leave as it is", Array.from({ length: 25 }, (_, i) => Number(i === 12))],
};

export async function mountConvolution(place, photo) {
  const kernel = Float32Array.from(KERNELS.edges[1]);
  const original = canvasOf(8, 8, "The photo in grey", { class: "photo" });
  const filtered = canvasOf(8, 8, "What the kernel makes of it", { class: "photo" });
  const pooled = canvasOf(8, 8, "What max-pooling leaves of that", { class: "photo pixels" });
  const said = element("p", { class: "said", role: "status" });
  let [picture, tile] = [null, 4];

  function show() {
    if (!picture) return;
    const outputs = convolve(picture, { shape: [1, 1, ROWS, ROWS], data: kernel });
    const tiles = maxPool(outputs, [tile, tile]);
    const sum = kernel.reduce((a, b) => a + b, 0);
    const signed = Math.abs(sum) < 0.5;
    for (const [canvas, maps] of [[filtered, outputs], [pooled, tiles]]) {
      [canvas.width, canvas.height] = [maps.width, maps.height];
      if (signed) drawSigned(canvas, maps.data);
      else drawGrey(canvas, maps.data.map((value) => Math.min(1, Math.max(0, value / sum))));
    }
    said.textContent = `${picture.width}×${picture.height} pixels become ${outputs.width}×${outputs.height}, and by the largest of ${tile}×${tile} then ${tiles.width}×${tiles.height}.${signed ? " Orange is above zero, blue below." : ""}`;
  }

  function look(image) {
    const scale = Math.min(1, LARGEST / Math.max(image.width, image.height));
    const [width, height] = [image.width, image.height].map((length) => Math.max(ROWS, Math.round(length * scale)));
    [original.width, original.height] = [width, height];
    const context = original.getContext("2d", { willReadFrequently: true });
    context.drawImage(image, 0, 0, width, height);
    const { data } = context.getImageData(0, 0, width, height);
    const grey = Float32Array.from({ length: width * height }, (_, i) => (0.299 * data[4 * i] + 0.587 * data[4 * i + 1] + 0.114 * data[4 * i + 2]) / 255);
    drawGrey(original, grey);
    picture = { channels: 1, height, width, data: grey };
    show();
  }

  const fields = Array.from(kernel, (value, i) => {
    const field = element("input", { type: "number", step: "any", value, "aria-label": `Kernel, row ${Math.floor(i / ROWS) + 1}, column ${(i % ROWS) + 1}` });
    field.addEventListener("input", () => {
      kernel[i] = Number.isFinite(field.valueAsNumber) ? field.valueAsNumber : 0;
      show();
    });
    return field;
  });
  const set = (values) => {
    values.forEach((value, i) => {
      kernel[i] = value;
      fields[i].value = Number(value.toFixed(2));
    });
    show();
  };
  const opened = element("input", { type: "file", accept: "image/*" });
  opened.addEventListener("change", async () => opened.files.length && look(await createImageBitmap(opened.files[0])));
  place.append(
    element(
      "div",
      { class: "desk" },
      element("fieldset", { class: "kernel" }, element("legend", {}, "The kernel"), fields),
      element(
        "div",
        { class: "column" },
        choice("A kernel", Object.entries(KERNELS).map(([name, [title]]) => [name, title]), (name) => set(KERNELS[name][1])),
        element("div", { class: "buttons" }, button("At random", () => set(Array.from(kernel, () => 2 * Math.random() - 1)))),
        slider("Pool tiles of", { min: 1, max: 8, step: 1, value: tile, shown: (value) => `${value}×${value}` }, (value) => ((tile = value), show())),
        element("label", { class: "choice" }, element("span", {}, "Your own photo"), opened),
      ),
    ),
    element("div", { class: "row" }, figure("photo", original), figure("after the kernel", filtered), figure("after max-pooling", pooled)),
    said,
    element("p", { class: "quiet" }, "Photo: danielbuechele (Flickr), CC BY 2.0, made smaller."),
  );
  const image = new Image();
  image.src = photo;
  await image.decode();
  look(image);
}
