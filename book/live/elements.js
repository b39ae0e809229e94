// Elements of the page, and pictures on canvases. Text is always set as text: nothing from a run becomes markup.

// An element with attributes and listeners ({ click: f }), holding texts and elements.
export function element(name, attributes = {}, ...children) {
  const found = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === "function") found.addEventListener(key, value);
    else if (value !== false && value !== undefined && value !== null) found.setAttribute(key, value === true ? "" : value);
  }
  found.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return found;
}

export function button(label, press, attributes = {}) {
  return element("button", { type: "button", click: press, ...attributes }, label);
}

// A labelled slider, whose value is shown beside it; `change` is told each new one.
export function slider(label, { min, max, step, value, shown = String }, change) {
  const output = element("output", {}, shown(value));
  const input = element("input", { type: "range", min, max, step, value });
  input.addEventListener("input", () => {
    output.textContent = shown(Number(input.value));
    change(Number(input.value));
  });
  return element("label", { class: "slider" }, element("span", {}, label), input, output);
}

export function choice(label, names, change) {
  const select = element("select", {}, names.map(([value, title]) => element("option", { value }, title)));
  select.addEventListener("change", () => change(select.value));
  return element("label", { class: "choice" }, element("span", {}, label), select);
}

// A canvas of so many pixels, which the style sheet scales; screen readers hear its label.
export function canvasOf(width, height, label, attributes = {}) {
  return element("canvas", { width, height, role: "img", "aria-label": label, ...attributes });
}

// Show numbers in [0, 1] as greys: (height, width) or, with three channels, colours.
export function drawGrey(canvas, values, channels = 1) {
  const { width, height } = canvas;
  const image = new ImageData(width, height);
  for (let place = 0; place < width * height; place++) {
    for (let c = 0; c < 3; c++) image.data[4 * place + c] = 255 * values[place * channels + (channels === 3 ? c : 0)];
    image.data[4 * place + 3] = 255;
  }
  canvas.getContext("2d").putImageData(image, 0, 0);
}

// Show numbers of either sign, none as white: positive ones in orange, negative ones in blue, which all can tell apart.
export function drawSigned(canvas, values) {
  let most = 1e-12;
  for (const value of values) most = Math.max(most, Math.abs(value));
  const image = new ImageData(canvas.width, canvas.height);
  values.forEach((value, place) => {
    const share = Math.abs(value) / most;
    const end = value > 0 ? [214, 96, 0] : [0, 96, 190];
    for (let c = 0; c < 3; c++) image.data[4 * place + c] = 248 + (end[c] - 248) * share;
    image.data[4 * place + 3] = 255;
  });
  canvas.getContext("2d").putImageData(image, 0, 0);
}

// Maps { channels, height, width, data } side by side, all on one scale from the least to the largest.
export function drawMaps(canvas, maps, columns) {
  const rows = Math.ceil(maps.channels / columns);
  canvas.width = columns * (maps.width + 1) - 1;
  canvas.height = rows * (maps.height + 1) - 1;
  let [least, most] = [Infinity, -Infinity];
  for (const value of maps.data) {
    least = Math.min(least, value);
    most = Math.max(most, value);
  }
  const context = canvas.getContext("2d");
  const image = new ImageData(maps.width, maps.height);
  for (let channel = 0; channel < maps.channels; channel++) {
    for (let place = 0; place < maps.height * maps.width; place++) {
      const value = maps.data[channel * maps.height * maps.width + place];
      image.data.fill((255 * (value - least)) / (most - least || 1), 4 * place, 4 * place + 3);
      image.data[4 * place + 3] = 255;
    }
    const [y, x] = [Math.floor(channel / columns), channel % columns];
    context.putImageData(image, x * (maps.width + 1), y * (maps.height + 1));
  }
}

// Bars of probabilities, one a class; returns what shows new ones.
export function barsOf(classes, label) {
  const rows = classes.map((name) => {
    const fill = element("span", { class: "fill" });
    const value = element("span", { class: "value" });
    return { fill, value, row: element("li", {}, element("span", { class: "name" }, name), element("span", { class: "track" }, fill), value) };
  });
  const list = element("ol", { class: "bars", "aria-label": label }, rows.map(({ row }) => row));
  const show = (probabilities) => {
    const best = probabilities ? probabilities.indexOf(Math.max(...probabilities)) : -1;
    rows.forEach(({ fill, value, row }, i) => {
      const share = probabilities ? probabilities[i] : 0;
      fill.style.width = `${100 * share}%`;
      value.textContent = probabilities ? `${(100 * share).toFixed(share > 0.1 ? 0 : 1)} %` : "";
      row.classList.toggle("best", i === best);
    });
  };
  return { list, show };
}

// A colour of the style sheet, as it is in the light or the dark.
export function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

// Run `frame` at every frame of the screen while `wanted()` holds and the element is in view; returns a starter.
export function whileWanted(wanted, frame) {
  let going = false;
  const next = () => {
    going = wanted();
    if (!going) return;
    frame();
    requestAnimationFrame(next);
  };
  return () => {
    if (!going) next();
  };
}

export function figure(caption, ...children) {
  return element("figure", {}, ...children, element("figcaption", {}, caption));
}
