// Push a particle over an energy: hybrid Monte Carlo, and beside it a random walk.

import { button, canvasOf, choice, colour, element, slider, whileWanted } from "./elements.js";
import { ENERGIES, hmcStep, walkStep } from "./hamiltonian.js";
import { Random } from "./random.js";

const PLANE = 360;
const KEPT = 600; // samples that are shown

export async function mountHmc(place) {
  const random = new Random(7);
  let [target, step, count, running] = [ENERGIES.banana, 0.15, 12, false];
  let chains = null;
  const views = ["Hybrid Monte Carlo", "Random walk"].map((name) => canvasOf(PLANE, PLANE, `${name} over the energy`, { class: "plane", tabindex: 0 }));
  const said = [element("p", { class: "said", role: "status" }), element("p", { class: "said" })];
  let ground = null;

  function reset() {
    chains = [0, 1].map(() => ({ position: target.start, samples: [], accepted: 0, steps: 0 }));
    ground = groundOf(target);
    draw(null);
    said[0].textContent = "Press One push, or drag on the picture to push the particle yourself.";
    said[1].textContent = "It looks at the energy as often as the other takes leapfrog steps.";
  }

  function tally(chain, accepted, position) {
    chain.position = position;
    chain.samples = [...chain.samples, position].slice(-KEPT);
    chain.steps += 1;
    chain.accepted += accepted ? 1 : 0;
  }

  function push(velocity) {
    const found = hmcStep(target, chains[0].position, step, count, random, velocity);
    tally(chains[0], found.accepted, found.position);
    const walk = chains[1];
    // As many looks at the energy as the leapfrog steps have taken, so that both cost the same.
    for (let i = 0; i < count; i++) {
      const moved = walkStep(target, walk.position, step, random);
      walk.position = moved.position;
      walk.steps += 1;
      walk.accepted += moved.accepted ? 1 : 0;
    }
    walk.samples = [...walk.samples, walk.position].slice(-KEPT);
    draw(found);
    const rate = (chain) => `${Math.round((100 * chain.accepted) / chain.steps)} % accepted`;
    const error = Number.isFinite(found.error) ? found.error.toFixed(2) : "beyond all bounds";
    said[0].textContent = `${found.accepted ? "Accepted" : "Rejected"}: the energy was off by ${error} nats, so its chance was ${Math.round(100 * found.acceptance)} %; ${rate(chains[0])} of ${chains[0].steps}.`;
    said[1].textContent = `${rate(walk)} of ${walk.steps} steps.`;
  }

  function draw(found) {
    views.forEach((canvas, which) => {
      const context = canvas.getContext("2d");
      context.putImageData(ground, 0, 0);
      const at = placeIn(target.view);
      context.fillStyle = colour(which ? "second" : "accent");
      for (const sample of chains[which].samples) {
        context.beginPath();
        context.arc(...at(sample), 2, 0, 7);
        context.fill();
      }
      if (!which && found) drawPath(context, found, at);
      context.fillStyle = colour("ink");
      context.beginPath();
      context.arc(...at(chains[which].position), 5, 0, 7);
      context.fill();
    });
  }

  const pushed = (caption, which) => element("figure", { class: "pushed" }, views[which], element("figcaption", {}, caption), said[which]);
  listenToDrags(views[0], () => target, () => chains[0].position, push);
  const start = whileWanted(() => running, () => push());
  const run = button("Run", () => {
    running = !running;
    run.textContent = running ? "Stop" : "Run";
    run.setAttribute("aria-pressed", running);
    start();
  });
  place.append(
    element(
      "div",
      { class: "controls" },
      choice("Energy", Object.entries(ENERGIES).map(([name, { title }]) => [name, title]), (name) => ((target = ENERGIES[name]), reset())),
      slider("Step size ε", { min: 0.02, max: 1, step: 0.01, value: step, shown: (value) => value.toFixed(2) }, (value) => (step = value)),
      slider("Leapfrog steps", { min: 1, max: 60, step: 1, value: count }, (value) => (count = value)),
      element("div", { class: "buttons" }, button("One push", () => push()), run, button("Start again", reset)),
    ),
    element("div", { class: "row" }, pushed("Hybrid Monte Carlo: drag to push", 0), pushed("Random walk of the same cost", 1)),
  );
  reset();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => ((ground = groundOf(target)), draw(null)));
}

// From a position to a pixel.
function placeIn([left, right, low, high]) {
  return ([x, y]) => [((x - left) / (right - left)) * PLANE, ((high - y) / (high - low)) * PLANE];
}

// exp(-E) as shades from the page's ground.
function groundOf(target) {
  const [left, right, low, high] = target.view;
  const shade = matchMedia("(prefers-color-scheme: dark)").matches ? [[24, 26, 32], [86, 92, 112]] : [[250, 250, 248], [176, 186, 205]];
  const image = new ImageData(PLANE, PLANE);
  const energies = Float64Array.from({ length: PLANE * PLANE }, (_, i) => {
    const [row, column] = [Math.floor(i / PLANE), i % PLANE];
    return target.energy([left + ((right - left) * column) / PLANE, high - ((high - low) * row) / PLANE]);
  });
  const least = energies.reduce((a, b) => Math.min(a, b));
  energies.forEach((energy, i) => {
    const share = Math.exp(-(energy - least) / 2);
    for (let c = 0; c < 3; c++) image.data[4 * i + c] = shade[0][c] + (shade[1][c] - shade[0][c]) * share;
    image.data[4 * i + 3] = 255;
  });
  return image;
}

function drawPath(context, found, at) {
  context.strokeStyle = context.fillStyle = colour(found.accepted ? "good" : "bad");
  context.lineWidth = 2;
  context.beginPath();
  found.path.forEach((position) => context.lineTo(...at(position)));
  context.stroke();
  for (const position of found.path) {
    context.beginPath();
    context.arc(...at(position), 3, 0, 7);
    context.fill();
  }
}

// A drag on the canvas is a velocity, by its length and direction.
function listenToDrags(canvas, target, position, push) {
  let from = null;
  const at = (event) => {
    const box = canvas.getBoundingClientRect();
    const [left, right, low, high] = target().view;
    return [left + ((event.clientX - box.left) / box.width) * (right - left), high - ((event.clientY - box.top) / box.height) * (high - low)];
  };
  canvas.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    from = at(event);
  });
  canvas.addEventListener("pointerup", (event) => {
    if (!from) return;
    const to = at(event);
    push([2 * (to[0] - from[0]), 2 * (to[1] - from[1])]);
    from = null;
  });
  canvas.addEventListener("keydown", (event) => {
    const pushes = { ArrowLeft: [-2, 0], ArrowRight: [2, 0], ArrowUp: [0, 2], ArrowDown: [0, -2] };
    if (!pushes[event.key]) return;
    event.preventDefault();
    push(pushes[event.key]);
  });
}
