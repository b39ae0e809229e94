// Type a sentence and see its slots; type a text and see which words speak for which class.

import { barsOf, button, element } from "./elements.js";
import { largestOf, softmax } from "./layers.js";
import { asKnown, lexiconOf, nearestWords, taggerLogits, textLogits, tokensOf } from "./sequences.js";

const NEAREST = 10;

export async function mountWords(place, entries) {
  for (const entry of entries) {
    await entry.load();
    place.append(entry.kind === "tagger" ? queryOf(entry) : reviewOf(entry));
  }
}

// The labels of a sentence's words, with their probabilities: what is shown, and what a test reads.
export function labelled(entry, lexicon, text) {
  const words = text.split(/\s+/).filter(Boolean);
  const known = asKnown(words, lexicon);
  const places = known.map((word) => lexicon.places.get(word));
  const logits = words.length ? taggerLogits(entry.models.model, places) : [];
  return logits.map((of, i) => {
    const probabilities = softmax(of);
    const best = largestOf(probabilities);
    return { word: words[i], known: known[i], label: entry.classes[best], probability: probabilities[best] };
  });
}

// The places of a text's words, of which a model reads the last `longest`; unknown ones are read as one.
export function placesOf(entry, lexicon, tokens) {
  const unknown = lexicon.places.get("<UNK>");
  return tokens.slice(-entry.longest).map(({ word }) => lexicon.places.get(word) ?? unknown);
}

// A colour of its own for each kind of label, B-from and I-from alike; none for what is outside all slots.
function hueOf(label) {
  let hash = 7;
  for (const letter of label.replace(/^[BI]-/, "")) hash = (Math.imul(hash, 31) + letter.charCodeAt(0)) >>> 0;
  return (hash * 137.508) % 360;
}

function queryOf(entry) {
  const lexicon = lexiconOf(entry.words);
  const input = element("input", { type: "text", class: "text", value: entry.example, spellcheck: "false", autocomplete: "off" });
  const shown = element("p", { class: "slots", "aria-live": "polite" });
  const near = element("p", { class: "quiet", role: "status" }, "Choose a word to see its nearest neighbours.");

  function show() {
    const found = labelled(entry, lexicon, input.value);
    shown.replaceChildren(
      ...found.map(({ word, known, label, probability }) => {
        const outside = label === "O";
        const box = button(word, () => neighbours(known, word), { class: outside ? "word" : "word slot", title: `${label}, ${Math.round(100 * probability)} %` });
        if (!outside) {
          box.style.setProperty("--hue", hueOf(label));
          box.append(element("small", {}, label.replace(/^[BI]-/, "")));
        }
        return box;
      }),
    );
  }

  function neighbours(known, word) {
    const found = known === "<UNK>" ? [] : nearestWords(entry.models.model, lexicon, known, NEAREST);
    near.textContent = found.length
      ? `Nearest to ${word}: ${found.map((one) => `${one.word} ${one.cosine.toFixed(2)}`).join(", ")}.`
      : `The model does not know ${word}.`;
  }

  input.addEventListener("input", show);
  show();
  return element("div", {}, element("h3", {}, entry.title), element("label", { class: "field" }, element("span", {}, "Type a sentence"), input), shown, near);
}

function reviewOf(entry) {
  const lexicon = lexiconOf(entry.words);
  const input = element("textarea", { class: "text", rows: 4, spellcheck: "false" });
  input.value = entry.example;
  const bars = barsOf(entry.classes, `Probabilities by ${entry.title}`);
  const shown = element("p", { class: "review" });
  const said = element("p", { class: "quiet", role: "status" });

  function show() {
    const tokens = tokensOf(input.value, entry.preparation.tokens);
    const read = tokens.slice(-entry.longest);
    if (!read.length) {
      bars.show(null);
      shown.textContent = "";
      return;
    }
    const { probabilities, shares } = textLogits(entry.models.model, placesOf(entry, lexicon, tokens));
    const best = largestOf(probabilities);
    bars.show([...probabilities]);
    const others = (share) => (share.reduce((a, b) => a + b, 0) - share[best]) / (share.length - 1);
    const speaks = shares.map((share) => share[best] - others(share));
    const most = Math.max(...speaks.map(Math.abs), 1e-9);
    const pieces = [];
    let end = 0;
    read.forEach(({ word, at }, i) => {
      const written = input.value.slice(at, at + word.length);
      const known = lexicon.places.has(word);
      const box = element("span", { class: known ? "share" : "share unknown", title: known ? `${speaks[i] >= 0 ? "+" : ""}${speaks[i].toFixed(3)}` : "not known" }, written);
      box.style.setProperty("--share", `${Math.round((80 * Math.abs(speaks[i])) / most)}%`);
      box.classList.add(speaks[i] >= 0 ? "for" : "against");
      pieces.push(input.value.slice(end, at), box);
      end = at + word.length;
    });
    shown.replaceChildren(...pieces, input.value.slice(end));
    const unknown = read.filter(({ word }) => !lexicon.places.has(word)).length;
    said.textContent = `${read.length} words were read, ${unknown} of them not known. Orange speaks for ${entry.classes[best]}, blue against it; with the bias, the shares add up to the log-odds.`;
  }

  input.addEventListener("input", show);
  show();
  return element("div", {}, element("h3", {}, entry.title), element("label", { class: "field" }, element("span", {}, "Type a text"), input), bars.list, shown, said);
}
