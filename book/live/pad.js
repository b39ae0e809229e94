// A surface to draw on, by finger, pen, mouse or keyboard.

import { button, element } from "./elements.js";

const SIDE = 280; // pixels
const STEP = 10; // that an arrow key moves the pen

export class Pad {
  // `change` is called after each stroke's piece, with the pad.
  constructor(label, change) {
    this.change = change;
    this.canvas = element("canvas", {
      width: SIDE,
      height: SIDE,
      tabindex: 0,
      role: "application",
      class: "pad",
      "aria-label": `${label}. Draw with a finger, a pen or the mouse; or move with the arrow keys, put the pen down and lift it with the space bar, and clear with Delete.`,
    });
    this.context = this.canvas.getContext("2d", { willReadFrequently: true });
    this.pen = { x: SIDE / 2, y: SIDE / 2, down: false };
    this.status = element("span", { class: "quiet", role: "status" });
    this.clear(false);
    this.listen();
  }

  get elements() {
    return [this.canvas, element("div", { class: "buttons" }, button("Clear", () => this.clear()), this.status)];
  }

  listen() {
    const at = (event) => {
      const box = this.canvas.getBoundingClientRect();
      return [((event.clientX - box.left) / box.width) * SIDE, ((event.clientY - box.top) / box.height) * SIDE];
    };
    let last = null;
    this.canvas.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      this.canvas.focus();
      try {
        this.canvas.setPointerCapture(event.pointerId);
      } catch {
        // A pointer that a program makes cannot be captured; it draws all the same.
      }
      last = at(event);
      this.stroke(last, last);
    });
    this.canvas.addEventListener("pointermove", (event) => {
      if (!last) return;
      const here = at(event);
      this.stroke(last, here);
      last = here;
    });
    for (const end of ["pointerup", "pointercancel"]) this.canvas.addEventListener(end, () => (last = null));
    this.canvas.addEventListener("keydown", (event) => this.key(event));
  }

  key(event) {
    const moves = { ArrowLeft: [-STEP, 0], ArrowRight: [STEP, 0], ArrowUp: [0, -STEP], ArrowDown: [0, STEP] };
    const move = moves[event.key];
    if (move) {
      const inside = (value) => Math.min(SIDE - STEP, Math.max(STEP, value));
      const before = [this.pen.x, this.pen.y];
      [this.pen.x, this.pen.y] = [inside(this.pen.x + move[0]), inside(this.pen.y + move[1])];
      if (this.pen.down) this.stroke(before, [this.pen.x, this.pen.y]);
    } else if (event.key === " ") this.pen.down = !this.pen.down;
    else if (event.key === "Delete" || event.key === "Backspace") this.clear();
    else return;
    event.preventDefault();
    const where = `column ${Math.round(this.pen.x / STEP)}, row ${Math.round(this.pen.y / STEP)} of ${SIDE / STEP}`;
    this.status.textContent = `Pen ${this.pen.down ? "down" : "up"} at ${where}`;
  }

  stroke(from, to) {
    const context = this.context;
    context.strokeStyle = "#fff";
    context.lineWidth = 22;
    context.lineCap = context.lineJoin = "round";
    context.beginPath();
    context.moveTo(...from);
    context.lineTo(to[0] + 0.01, to[1]);
    context.stroke();
    this.empty = false;
    this.change(this);
  }

  clear(tell = true) {
    this.context.fillStyle = "#000";
    this.context.fillRect(0, 0, SIDE, SIDE);
    this.empty = true;
    this.status.textContent = "";
    if (tell) this.change(this);
  }

  // Draw lines through points given in hundredths of the side.
  show(lines) {
    this.clear(false);
    for (const line of lines) {
      const points = line.map((point) => point.map((value) => (value * SIDE) / 100));
      points.slice(1).forEach((point, i) => this.stroke(points[i], point));
    }
    this.change(this);
  }

  // What is drawn: grey values from 0 to 255, bright on black.
  get drawing() {
    const { data } = this.context.getImageData(0, 0, SIDE, SIDE);
    return { width: SIDE, height: SIDE, data: Uint8Array.from({ length: SIDE * SIDE }, (_, i) => data[4 * i]) };
  }
}

// A three, so that there is something to see before one draws.
export const THREE = [
  [[30, 25], [42, 17], [57, 18], [65, 28], [60, 41], [45, 48], [60, 52], [69, 64], [63, 79], [47, 85], [30, 78]],
];
