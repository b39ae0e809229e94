// Music as a MIDI file: one track, a step an eighth note.

const TICKS = 240; // of a step; a quarter note has two steps

// Notes that go on over several steps as one: { pitch, start, steps }.
export function notesOf(roll, lowest) {
  const found = [];
  const sounding = new Map();
  roll.forEach((step, t) => {
    step.forEach((on, i) => {
      if (on && sounding.has(i)) sounding.get(i).steps += 1;
      else if (on) {
        const note = { pitch: lowest + i, start: t, steps: 1 };
        sounding.set(i, note);
        found.push(note);
      } else sounding.delete(i);
    });
  });
  return found;
}

// The bytes of a MIDI file of a piano-roll, whose steps take so many seconds.
export function midiOf(roll, lowest, seconds) {
  const events = notesOf(roll, lowest).flatMap(({ pitch, start, steps }) => [
    { tick: start * TICKS, order: 1, bytes: [0x90, pitch, 80] },
    { tick: (start + steps) * TICKS, order: 0, bytes: [0x80, pitch, 0] },
  ]);
  events.sort((a, b) => a.tick - b.tick || a.order - b.order);
  const tempo = Math.round(seconds * 2 * 1e6); // microseconds of a quarter note
  const track = [0, 0xff, 0x51, 3, (tempo >> 16) & 255, (tempo >> 8) & 255, tempo & 255];
  let now = 0;
  for (const event of events) {
    track.push(...variable(event.tick - now), ...event.bytes);
    now = event.tick;
  }
  track.push(0, 0xff, 0x2f, 0);
  const head = [...ascii("MThd"), ...big(6, 4), ...big(0, 2), ...big(1, 2), ...big(2 * TICKS, 2)];
  return Uint8Array.from([...head, ...ascii("MTrk"), ...big(track.length, 4), ...track]);
}

const ascii = (text) => [...text].map((letter) => letter.charCodeAt(0));

function big(value, bytes) {
  return Array.from({ length: bytes }, (_, i) => (value >> (8 * (bytes - 1 - i))) & 255);
}

// Seven bits a byte, the highest bit set on all but the last.
function variable(value) {
  const bytes = [value & 127];
  while ((value >>= 7)) bytes.unshift((value & 127) | 128);
  return bytes;
}
