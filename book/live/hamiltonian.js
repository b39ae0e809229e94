// Energies in the plane, and the two samplers that are compared over them.

// Each energy gives nats and its gradient at a position; `view` is what is drawn of the plane: left, right, low, high.
export const ENERGIES = {
  banana: {
    title: "Banana",
    start: [-1, 1],
    view: [-2.6, 2.6, -1.6, 4.6],
    energy: ([x, y]) => x * x / 2 + 4 * (y - x * x + 0.5) ** 2 / 2,
    gradient: ([x, y]) => [x - 8 * x * (y - x * x + 0.5), 4 * (y - x * x + 0.5)],
  },
  funnel: {
    title: "Funnel",
    start: [0, 1],
    view: [-5, 5, -5, 5],
    energy: ([x, y]) => y * y / 4.5 + (x * x * Math.exp(-y)) / 2 + y / 2,
    gradient: ([x, y]) => [x * Math.exp(-y), y / 2.25 - (x * x * Math.exp(-y)) / 2 + 0.5],
  },
  wells: {
    title: "Two wells",
    start: [-1.5, 0],
    view: [-3.2, 3.2, -2.6, 2.6],
    energy: ([x, y]) => (x * x - 2.25) ** 2 / 3 + y * y,
    gradient: ([x, y]) => [(4 * x * (x * x - 2.25)) / 3, 2 * y],
  },
};

// Leapfrog steps of size ε: φ ← φ - ε/2 ∂E/∂s, s ← s + ε φ, φ ← φ - ε/2 ∂E/∂s. Returns every position on the way.
export function leapfrogPath(target, position, velocity, step, count) {
  let s = position;
  let phi = velocity;
  const path = [s];
  const kicked = (share) => {
    const gradient = target.gradient(s);
    phi = phi.map((value, i) => value - share * step * gradient[i]);
  };
  for (let i = 0; i < count; i++) {
    kicked(0.5);
    s = s.map((value, j) => value + step * phi[j]);
    path.push(s);
    kicked(0.5);
  }
  return { path, velocity: phi };
}

// One trajectory, accepted with probability min(1, exp(-ΔH)); without `velocity` that is drawn from N(0, I).
export function hmcStep(target, position, step, count, random, velocity) {
  const start = velocity ?? position.map(() => random.normal());
  const { path, velocity: end } = leapfrogPath(target, position, start, step, count);
  const kinetic = (phi) => phi.reduce((sum, value) => sum + (value * value) / 2, 0);
  let error = target.energy(path.at(-1)) + kinetic(end) - target.energy(position) - kinetic(start);
  if (!Number.isFinite(error)) error = Infinity;
  const acceptance = Math.exp(-Math.max(error, 0));
  const accepted = random.uniform() < acceptance;
  return { path, error, acceptance, accepted, position: accepted ? path.at(-1) : position };
}

// One step of a random walk whose proposals have the standard deviation `step` (Metropolis).
export function walkStep(target, position, step, random) {
  const proposal = position.map((value) => value + step * random.normal());
  const error = target.energy(proposal) - target.energy(position);
  const accepted = random.uniform() < Math.exp(-Math.max(error, 0));
  return { accepted, position: accepted ? proposal : position };
}
