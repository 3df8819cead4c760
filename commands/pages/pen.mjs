/**
 * A pen for one cell of the board: shapes in shares of the cell's side.
 *
 * @typedef {[number, number, number]} Colour
 * @typedef {Record<string, Colour>} Hues of marks, the same in all themes: `MARK_HUES` of Python
 */

const WHITE = /** @type {Colour} */ ([255, 255, 255]);

/** A CSS colour, with opacity. @param {Colour} c @param {number} [alpha] */
export const css = (c, alpha = 1) => `rgb(${c[0]} ${c[1]} ${c[2]} / ${alpha})`;

/** @param {Colour} a @param {Colour} b @param {number} share @returns {Colour} */
export const mix = (a, b, share) =>
  /** @type {Colour} */ (a.map((x, i) => Math.round(x + (b[i] - x) * share)));

/** The colour with a share of black or, below zero, of white. @param {Colour} c */
export const darker = (c, /** @type {number} */ share) =>
  share >= 0 ? mix(c, [0, 0, 0], share) : mix(c, WHITE, -share);

/**
 * Small helpers around a 2D context for one cell, in shares of its side.
 * @param {CanvasRenderingContext2D} g
 * @param {number} x
 * @param {number} y
 * @param {number} s
 * @param {Hues} hues
 */
export function pen(g, x, y, s, hues) {
  const at = (/** @type {number[]} */ [a, b]) => /** @type {[number, number]} */ ([x + a * s, y + b * s]);
  const path = (/** @type {number[][]} */ points) => {
    g.beginPath();
    points.forEach((p, i) => (i ? g.lineTo(...at(p)) : g.moveTo(...at(p))));
  };
  return {
    hues,
    /** A pen for a smaller square in the cell, from a corner on. @returns {Pen} */
    within: (/** @type {number[]} */ corner, /** @type {number} */ side) => pen(g, ...at(corner), side * s, hues),
    line(/** @type {number[][]} */ points, /** @type {Colour} */ colour, /** @type {number} */ width) {
      path(points);
      g.lineWidth = width * s;
      g.strokeStyle = css(colour);
      g.stroke();
    },
    shape(/** @type {number[][]} */ points, /** @type {Colour} */ colour, alpha = 1) {
      path(points);
      g.closePath();
      g.fillStyle = css(colour, alpha);
      g.fill();
    },
    disc(/** @type {number[]} */ p, /** @type {number} */ radius, /** @type {Colour} */ colour, alpha = 1) {
      g.beginPath();
      g.arc(...at(p), radius * s, 0, 2 * Math.PI);
      g.fillStyle = css(colour, alpha);
      g.fill();
    },
    ring(/** @type {number[]} */ p, /** @type {number} */ radius, /** @type {Colour} */ colour, /** @type {number} */ width) {
      g.beginPath();
      g.arc(...at(p), (radius - width / 2) * s, 0, 2 * Math.PI);
      g.lineWidth = width * s;
      g.strokeStyle = css(colour);
      g.stroke();
    },
    box(/** @type {number[]} */ [a, b, w, h], /** @type {Colour} */ colour, /** @type {number | number[]} */ r = 0, alpha = 1) {
      g.beginPath();
      g.roundRect(...at([a, b]), w * s, h * s, Array.isArray(r) ? r.map((one) => one * s) : r * s);
      g.fillStyle = css(colour, alpha);
      g.fill();
    },
    frame(/** @type {number[]} */ [a, b, w, h], /** @type {Colour} */ colour, /** @type {number} */ width, /** @type {number | number[]} */ r = 0) {
      g.beginPath();
      const half = width / 2;
      g.roundRect(...at([a + half, b + half]), (w - width) * s, (h - width) * s, Array.isArray(r) ? r.map((one) => one * s) : r * s);
      g.lineWidth = width * s;
      g.strokeStyle = css(colour);
      g.stroke();
    },
    word(/** @type {string} */ text, /** @type {number[]} */ p, /** @type {number} */ size, colour = hues.ink) {
      g.font = `600 ${size * s}px system-ui, sans-serif`;
      g.textAlign = "center";
      g.textBaseline = "middle";
      g.fillStyle = css(colour);
      g.fillText(text, ...at(p));
    },
  };
}
/** @typedef {ReturnType<typeof pen>} Pen */
