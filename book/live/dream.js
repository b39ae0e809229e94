// The Markov chain of a Boltzmann machine, and what a deep belief network dreams.

import { button, canvasOf, choice, colour, drawGrey, element, figure, whileWanted } from "./elements.js";
import { downward, freeEnergy, gibbs } from "./models.js";
import { Pad, THREE } from "./pad.js";
import { asInput } from "./prepare.js";
import { Random } from "./random.js";

const SHOWN = 300; // steps of the curve

// Which pixels stay as they were drawn while the chain completes the rest.
export function keptHalf(half, height, width, channels) {
  return (i) => {
    const [y, x] = [Math.floor(i / (width * channels)), Math.floor(i / channels) % width];
    return { none: false, left: x < width / 2, right: x >= width / 2, top: y < height / 2, bottom: y >= height / 2 }[half];
  };
}

export async function mountDream(place, entries) {
  const machines = entries.filter((entry) => entry.kind === "rbm");
  const stacks = entries.filter((entry) => entry.kind === "dbn");
  if (machines.length) place.append(await chainOf(await machines[0].load()));
  if (stacks.length) place.append(await dreamsOf(await stacks[0].load()));
}

async function chainOf(entry) {
  const rbm = entry.models.model;
  const [height, width, channels = 1] = entry.shape;
  const random = new Random(Date.now());
  const picture = canvasOf(width, height, "The visible units' means, given the hidden units", { class: "pixels large" });
  const sample = canvasOf(width, height, "A sample of the visible units", { class: "pixels large" });
  const curve = canvasOf(320, 120, "Free energy of the last steps", { class: "curve" });
  const said = element("p", { class: "said" });
  let [v, drawing, half, running, step] = [new Float32Array(rbm.visible_bias.data.length), null, "none", false, 0];
  let energies = [];

  function advance() {
    const keep = keptHalf(half, height, width, channels);
    const held = (values) => (drawing && half !== "none" ? values.map((value, i) => (keep(i) ? drawing[i] : value)) : values);
    const next = gibbs(rbm, v, random);
    v = held(next.v);
    step += 1;
    show(held(next.mean));
  }

  function show(mean) {
    drawGrey(picture, mean, channels);
    drawGrey(sample, v, channels);
    const energy = freeEnergy(rbm, v);
    energies = [...energies, energy].slice(-SHOWN);
    drawCurve(curve, energies);
    said.textContent = `Step ${step.toLocaleString("en")}, free energy ${energy.toFixed(1)} nats.`;
  }

  function begin(values) {
    v = Float32Array.from(values);
    [step, energies] = [0, []];
    show(v);
  }

  const visible = watched(picture);
  const start = whileWanted(() => running && visible(), advance);
  const run = button("Run", () => {
    running = !running;
    run.textContent = running ? "Stop" : "Run";
    run.setAttribute("aria-pressed", running);
    start();
  });
  visible.again = start;
  const pad = new Pad("Draw what the chain starts from", (own) => {
    if (own.empty) return;
    drawing = asInput(own.drawing, entry.shape, entry.preparation);
    begin(drawing);
  });
  const noise = () => begin(v.map(() => Number(random.uniform() < 0.5)));
  const halves = [["none", "nothing: dream freely"], ["left", "the left half"], ["right", "the right half"], ["top", "the upper half"], ["bottom", "the lower half"]];
  const box = element(
    "div",
    {},
    element("h3", {}, `${entry.title}: the chain`),
    element(
      "div",
      { class: "desk" },
      element("div", { class: "column" }, ...pad.elements),
      element(
        "div",
        { class: "column" },
        element("div", { class: "buttons" }, run, button("One step", advance), button("From my drawing", () => drawing && begin(drawing)), button("From noise", noise)),
        choice("Keep of my drawing", halves, (value) => {
          half = value;
          if (!drawing || half === "none") return;
          const keep = keptHalf(half, height, width, channels);
          begin(drawing.map((value, i) => (keep(i) ? value : Number(random.uniform() < 0.5))));
        }),
        element("div", { class: "row" }, figure("means", picture), figure("sample", sample)),
        figure("free energy", curve),
      ),
    ),
    said,
  );
  pad.show(THREE);
  return box;
}

function drawCurve(canvas, values) {
  const context = canvas.getContext("2d");
  context.clearRect(0, 0, canvas.width, canvas.height);
  const [least, most] = [Math.min(...values), Math.max(...values)];
  context.strokeStyle = colour("accent");
  context.lineWidth = 2;
  context.beginPath();
  values.forEach((value, i) => {
    context.lineTo((i / (SHOWN - 1)) * canvas.width, canvas.height - 6 - ((value - least) / (most - least || 1)) * (canvas.height - 22));
  });
  context.stroke();
  context.fillStyle = colour("ink");
  context.font = "11px sans-serif";
  context.fillText(`${most.toFixed(0)} nats`, 2, 11);
  context.fillText(`${least.toFixed(0)}`, 2, canvas.height - 1);
}

// Whether an element is in view; `again` is called when it comes back.
function watched(target) {
  let inside = true;
  const visible = () => inside;
  new IntersectionObserver(([entry]) => {
    inside = entry.isIntersecting;
    if (inside) visible.again?.();
  }).observe(target);
  return visible;
}

async function dreamsOf(entry) {
  const rbms = entry.models.layers;
  const top = rbms.at(-1);
  const [height, width, channels = 1] = entry.shape;
  const random = new Random(Date.now());
  const canvases = Array.from({ length: 10 }, (_, i) => canvasOf(width, height, `Dream ${i + 1}`, { class: "pixels medium" }));
  let codes = [];
  let running = false;
  const noise = () => (codes = canvases.map(() => Float32Array.from({ length: top.visible_bias.data.length }, () => Number(random.uniform() < 0.5))));
  // One chain a frame, so that ten of them never make the page wait.
  let turn = 0;
  function advance(steps) {
    for (let step = 0; step < steps; step++) codes[turn] = gibbs(top, codes[turn], random).v;
    drawGrey(canvases[turn], downward(rbms, codes[turn], random), channels);
    turn = (turn + 1) % canvases.length;
  }
  noise();
  canvases.forEach(() => advance(30));
  const visible = watched(canvases[0]);
  const start = whileWanted(() => running && visible(), () => advance(5));
  visible.again = start;
  const run = button("Run", () => {
    running = !running;
    run.textContent = running ? "Stop" : "Run";
    run.setAttribute("aria-pressed", running);
    start();
  });
  return element(
    "div",
    {},
    element("h3", {}, `${entry.title}: chains of its top machine, seen through the layers below`),
    element("div", { class: "buttons" }, run, button("From noise", () => (noise(), canvases.forEach(() => advance(1))))),
    element("div", { class: "tiles" }, canvases),
  );
}
