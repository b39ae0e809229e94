// The page: which models it has, and each part put in its place when it comes into view.

import { mountConvolution } from "./convolution.js";
import { mountDigit } from "./digit.js";
import { mountDream } from "./dream.js";
import { element } from "./elements.js";
import { mountHmc } from "./hmc.js";
import { mountMusic } from "./music.js";
import { mountRepair } from "./repair.js";
import { readModel } from "./safetensors.js";
import { mountWords } from "./words.js";

const PARTS = {
  digit: { kinds: ["classifier"], mount: mountDigit },
  repair: { kinds: ["autoencoder"], mount: mountRepair },
  dream: { kinds: ["rbm", "dbn"], mount: mountDream },
  hmc: { kinds: [], mount: mountHmc },
  convolution: { kinds: [], mount: mountConvolution },
  words: { kinds: ["tagger", "texts"], mount: mountWords },
  music: { kinds: ["music"], mount: mountMusic },
};

// What the page is made of: a file beside it, or, where it is all in one file, a block inside it.
async function contents() {
  const block = document.getElementById("contents");
  return block ? JSON.parse(block.textContent) : (await fetch("contents.json")).json();
}

// The bytes of a file beside the page, or of text in base 64.
async function bytesOf(source) {
  if (!source.startsWith("base64,")) {
    const answer = await fetch(source);
    if (!answer.ok) throw new Error(`${source} is not there`);
    return answer.arrayBuffer();
  }
  return Uint8Array.from(atob(source.slice(7)), (letter) => letter.charCodeAt(0)).buffer;
}

// What is known of a run, with `load`, which reads its weights at the first call.
function entryOf(described) {
  const entry = { ...described };
  let loading = null;
  const model = async (source) => readModel(await bytesOf(source));
  async function load() {
    const { layers, ...others } = entry.weights;
    entry.models = {};
    for (const [name, source] of Object.entries(others)) entry.models[name] = await model(source);
    entry.models.layers = layers ? await Promise.all(layers.map(model)) : entry.models.network?.rbms;
    return entry;
  }
  entry.load = () => (loading ??= load());
  return entry;
}

async function begin() {
  const { title, photo, parts, models } = await contents();
  const entries = models.map(entryOf);
  if (title) {
    document.title = title;
    document.querySelector("h1").textContent = title;
  }
  const only = new URLSearchParams(location.search).get("part");
  document.body.classList.toggle("alone", Boolean(only));
  const waiting = new Map();
  for (const [name, { kinds, mount }] of Object.entries(PARTS)) {
    const section = document.getElementById(name);
    const wanted = parts.includes(name) && (!only || only === name);
    section.hidden = !wanted;
    document.querySelector(`nav a[href="#${name}"]`).parentElement.hidden = !wanted;
    if (!wanted) continue;
    const own = entries.filter((entry) => kinds.includes(entry.kind));
    waiting.set(section, () => mount(section.querySelector(".place"), kinds.length ? own : photo));
  }
  const seen = new IntersectionObserver(
    (found) => {
      for (const { target, isIntersecting } of found) {
        if (!isIntersecting || !waiting.has(target)) continue;
        const mount = waiting.get(target);
        waiting.delete(target);
        show(target, mount);
      }
    },
    { rootMargin: "300px" },
  );
  for (const section of waiting.keys()) seen.observe(section);
}

async function show(section, mount) {
  const place = section.querySelector(".place");
  place.setAttribute("aria-busy", "true");
  try {
    await mount();
    section.dataset.ready = "";
  } catch (error) {
    place.append(element("p", { class: "said", role: "alert" }, `This part cannot be shown: ${error.message}`));
    throw error;
  } finally {
    place.removeAttribute("aria-busy");
  }
}

document.getElementById("blocked").hidden = true;
begin().catch((error) => {
  const place = document.getElementById("blocked");
  place.hidden = false;
  place.textContent = `The page's contents cannot be read: ${error.message}`;
});
