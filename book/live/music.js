// Play a few notes, and hear a model go on.

import { button, canvasOf, colour, element, slider } from "./elements.js";
import { midiOf } from "./midi.js";
import { Random } from "./random.js";
import { continued } from "./sequences.js";
import { playNote, playRoll } from "./sound.js";

const OPENING = 4; // notes that are played first
const HELD = 2; // steps of each
const FIRST = 60; // the lowest key, c'
const KEYS = 17;
const BLACK = new Set([1, 3, 6, 8, 10]);
const NAMES = ["C", "C sharp", "D", "D sharp", "E", "F", "F sharp", "G", "G sharp", "A", "A sharp", "B"];
const LETTERS = "awsedftgyhujkolp;";
const ROW = 3; // pixels of a note in the picture

export async function mountMusic(place, entries) {
  const entry = await entries[0].load();
  const { model } = entry.models;
  const notes = model.visible_bias.data.length;
  const { lowest, seconds } = entry.music;
  const roll = canvasOf(900, notes * ROW, "Piano-roll: your notes, then what the model writes", { class: "roll" });
  const said = element("p", { class: "said", role: "status" });
  let [context, stop, opening, written, steps, began] = [null, null, [], [], 64, 0];
  let seed = 1;

  const audio = () => (context ??= new AudioContext());

  function silence() {
    stop?.();
    stop = null;
  }

  function press(pitch) {
    playNote(audio(), audio().destination, pitch, audio().currentTime, 0.4);
    if (written.length || opening.length >= OPENING) clear();
    opening.push(pitch);
    draw();
    said.textContent = opening.length < OPENING ? `${OPENING - opening.length} more, or let the model go on.` : "";
    if (opening.length === OPENING) setTimeout(goOn, 500);
  }

  function clear() {
    silence();
    [opening, written] = [[], []];
    draw();
    said.textContent = `Play ${OPENING} notes.`;
  }

  const played = () =>
    opening.flatMap((pitch) => Array.from({ length: HELD }, () => Float32Array.from({ length: notes }, (_, i) => Number(i === pitch - lowest))));

  function goOn() {
    written = [...played(), ...continued(model, played(), steps, new Random(seed))];
    seed += 1;
    replay();
  }

  function replay() {
    if (!written.length) return;
    silence();
    began = audio().currentTime + 0.05;
    stop = playRoll(audio(), written, lowest, seconds, began);
    const sounding = written.slice(opening.length * HELD).reduce((sum, step) => sum + step.reduce((a, b) => a + b, 0), 0);
    said.textContent = `The model wrote ${written.length - opening.length * HELD} steps with ${sounding} notes in them.`;
    follow();
  }

  function follow() {
    draw();
    if (stop && (audio().currentTime - began) / seconds < written.length + 1) requestAnimationFrame(follow);
  }

  function draw() {
    const canvas = roll.getContext("2d");
    const shown = written.length ? written : played();
    const total = Math.max(opening.length * HELD + steps, shown.length);
    const width = roll.width / total;
    canvas.fillStyle = colour("sheet");
    canvas.fillRect(0, 0, roll.width, roll.height);
    canvas.fillStyle = colour("line");
    for (let octave = 12 - ((lowest + 12) % 12); octave < notes; octave += 12) canvas.fillRect(0, (notes - octave) * ROW, roll.width, 1);
    const now = stop ? (audio().currentTime - began) / seconds : -1;
    shown.forEach((step, t) => {
      canvas.fillStyle = colour(t < opening.length * HELD ? "second" : "accent");
      step.forEach((on, i) => on && canvas.fillRect(t * width, (notes - 1 - i) * ROW, width, ROW));
    });
    if (now >= 0 && now < shown.length) {
      canvas.fillStyle = colour("ink");
      canvas.fillRect(now * width, 0, 2, roll.height);
    }
  }

  function download() {
    if (!written.length) return;
    const link = element("a", { download: "harmonium.mid", href: URL.createObjectURL(new Blob([midiOf(written, lowest, seconds)], { type: "audio/midi" })) });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  }

  const keys = Array.from({ length: KEYS }, (_, i) => {
    const name = `${NAMES[i % 12]}${4 + Math.floor(i / 12)}`;
    return button(LETTERS[i].toUpperCase(), () => press(FIRST + i), { class: BLACK.has(i % 12) ? "key black" : "key", "aria-label": `${name}, key ${LETTERS[i]}` });
  });
  const keyboard = element("div", { class: "keyboard", role: "group", "aria-label": "Keyboard" }, keys);
  keyboard.addEventListener("keydown", (event) => {
    const i = LETTERS.indexOf(event.key.toLowerCase());
    if (i < 0 || event.ctrlKey || event.metaKey || event.altKey || event.key === "") return;
    event.preventDefault();
    press(FIRST + i);
  });
  place.append(
    element("p", {}, `Play ${OPENING} notes: on the keys below, or, once a key has the focus, by the letters on them.`),
    keyboard,
    element(
      "div",
      { class: "buttons" },
      button("Go on", () => (opening.length || opening.push(60, 64, 67, 72), goOn())),
      button("Play again", replay),
      button("Stop", silence),
      button("Clear", clear),
      button("Download MIDI", download),
    ),
    slider("Steps that it writes", { min: 16, max: 160, step: 8, value: steps }, (value) => (steps = value)),
    element("div", { class: "scroll" }, roll),
    said,
  );
  draw();
}
