// How a piano-roll sounds, by the browser's own synthesiser.

import { notesOf } from "./midi.js";

const PARTIALS = [1, 0.35, 0.15]; // strength of each multiple of a note's frequency

// Play a note in an audio context, from a moment on, for some seconds.
export function playNote(context, output, pitch, when, seconds) {
  const strength = context.createGain();
  strength.gain.setValueAtTime(0, when);
  strength.gain.linearRampToValueAtTime(0.12, when + 0.01);
  strength.gain.exponentialRampToValueAtTime(0.03, when + Math.max(seconds, 0.06));
  strength.gain.linearRampToValueAtTime(0, when + seconds + 0.12);
  strength.connect(output);
  PARTIALS.forEach((share, i) => {
    const oscillator = context.createOscillator();
    const own = context.createGain();
    oscillator.frequency.value = 440 * 2 ** ((pitch - 69) / 12) * (i + 1);
    own.gain.value = share;
    oscillator.connect(own).connect(strength);
    oscillator.start(when);
    oscillator.stop(when + seconds + 0.15);
  });
}

// Play a piano-roll; returns what stops it.
export function playRoll(context, roll, lowest, seconds, when) {
  const output = context.createGain();
  output.connect(context.destination);
  for (const { pitch, start, steps } of notesOf(roll, lowest)) {
    playNote(context, output, pitch, when + start * seconds, steps * seconds);
  }
  return () => output.disconnect();
}
