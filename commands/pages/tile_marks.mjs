/**
 * Patterns and marks of tiles, as in the window (game/view/draw/ground_patterns.py, marks.py and
 * box_marks.py).
 *
 * @typedef {import("./pen.mjs").Colour} Colour
 * @typedef {import("./pen.mjs").Pen} Pen
 * @typedef {{char: string, colour: Colour, pattern: string, passable: boolean}} Tile
 * @typedef {Object} Palette
 * @property {Colour} paper
 * @property {Colour} card
 * @property {Colour} ink
 * @property {Colour} muted
 * @property {Colour} goal
 * @property {Colour[]} agents
 * @property {Colour[]} trails
 * @property {number} dim
 * @property {Colour} night
 * @typedef {{tiles: Record<string, Tile>, palette: Palette, hues: import("./pen.mjs").Hues}} Look
 *   colours of a theme, of tiles and of marks, all from Python
 */
import { darker, mix } from "./pen.mjs";

/** Uniform numbers in [0, 1) that depend on the seed alone (mulberry32). */
export function chance(/** @type {number} */ seed) {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

// --- patterns of the ground ----------------------------------------------------------------------

/** Jittered places in a cell, without those in its middle. */
function spots(/** @type {() => number} */ random, /** @type {number} */ across) {
  const found = [];
  for (let j = 0; j < across; j++)
    for (let i = 0; i < across; i++) {
      const x = (i + 0.5 + (random() - 0.5) * 0.44) / across;
      const y = (j + 0.5 + (random() - 0.5) * 0.44) / across;
      if (Math.hypot(x - 0.5, y - 0.5) > 0.13) found.push([x, y]);
    }
  return found;
}

/** Two arrowheads in the direction in which a one-way tile can be left. */
const chevrons = (/** @type {number} */ down, /** @type {number} */ right) =>
  (/** @type {Pen} */ p, /** @type {Colour} */ colour) => {
    for (const along of [0, 0.32]) {
      const x = 0.5 + right * along, y = 0.5 + down * along, reach = 0.22;
      const wing = (/** @type {number} */ s) => [x - right * reach - down * reach * s, y - down * reach - right * reach * s];
      p.line([wing(1), [x, y], wing(-1)], darker(colour, 0.5), 0.083);
    }
  };

/** @type {Record<string, (p: Pen, colour: Colour, random: () => number) => void>} */
export const PATTERNS = {
  ticks(p, colour, random) {
    const mark = darker(colour, 0.26), h = 0.1;
    for (const [x, y] of spots(random, 3)) {
      p.line([[x - h * 0.7, y - h * 0.6], [x, y + h * 0.6], [x + h * 0.6, y - h * 0.8]], mark, 0.03);
    }
  },
  dots(p, colour, random) {
    for (const spot of spots(random, 4)) p.disc(spot, 0.02 + 0.014 * random(), darker(colour, 0.24));
  },
  hatch(p, colour, random) {
    const h = 0.085;
    for (const [x, y] of spots(random, 3)) p.line([[x - h, y + h], [x + h, y - h]], darker(colour, 0.26), 0.038);
  },
  waves(p, colour, random) {
    for (const [x0, y] of spots(random, 3)) {
      const x = Math.min(Math.max(x0, 0.1), 0.9);
      const points = [];
      for (let t = -4; t <= 4; t++) points.push([x + 0.1 * t / 4, y - Math.sin(t * Math.PI / 4) * 0.028]);
      p.line(points, darker(colour, random() < 0.5 ? -0.55 : 0.2), 0.036);
    }
  },
  glints(p, colour) {
    for (const [x, y, length, shade] of [[0.2, 0.45, 0.3, -0.8], [0.55, 0.9, 0.38, -0.8], [0.3, 0.9, 0.24, 0.2]])
      p.line([[x, y], [x + length, y - length]], darker(colour, shade), 0.042);
  },
  lava(p, colour) {
    p.line([[0.1, 0.16], [0.5, 0.42], [0.9, 0.2]], darker(colour, 0.55), 0.07);
    p.line([[0.12, 0.86], [0.5, 0.6], [0.88, 0.84]], darker(colour, 0.55), 0.07);
    for (const spot of [[0.5, 0.18], [0.2, 0.52], [0.8, 0.52], [0.5, 0.84]]) p.disc(spot, 0.055, p.hues.ember);
  },
  up: chevrons(-1, 0),
  down: chevrons(1, 0),
  left: chevrons(0, -1),
  right: chevrons(0, 1),
};

// --- marks of single cells -----------------------------------------------------------------------

function startMark(/** @type {Pen} */ p, /** @type {Colour} */ hue, radius = 0.4) {
  p.ring([0.5, 0.5], radius, hue, 0.055);
  p.ring([0.5, 0.5], radius * 0.68, hue, 0.03);
}

function flag(/** @type {Pen} */ p, /** @type {number[]} */ [x, y], /** @type {Colour} */ hue, /** @type {boolean} */ ghost) {
  const cloth = [[x - 0.12, y - 0.24], [x + 0.2, y - 0.12], [x - 0.12, y]];
  p.shape(cloth, hue, ghost ? 0.43 : 1);
  p.line([...cloth, cloth[0]], hue, 0.03);
  p.line([[x - 0.13, y - 0.26], [x - 0.13, y + 0.26]], hue, 0.055);
  p.line([[x - 0.22, y + 0.26], [x - 0.04, y + 0.26]], hue, 0.055);
}

/** A crossed-out eye in a white disc, which means hidden. */
function struckEye(/** @type {Pen} */ p, /** @type {number[]} */ [x, y], /** @type {Colour} */ hue) {
  const wide = 0.15, high = 0.085;
  p.disc([x, y], 0.23, p.hues.white);
  p.ring([x, y], 0.23, hue, 0.023);
  const lid = [];
  for (let t = -6; t <= 6; t++) lid.push([x + wide * t / 6, y - high * Math.cos(t * Math.PI / 12)]);
  p.line(lid, p.hues.ink, 0.031);
  p.line(lid.map(([a, b]) => [a, 2 * y - b]), p.hues.ink, 0.031);
  p.disc([x, y], high * 0.55, p.hues.ink);
  p.line([[x - wide, y + wide], [x + wide, y - wide]], p.hues.white, 0.094);
  p.line([[x - wide, y + wide], [x + wide, y - wide]], p.hues.ink, 0.031);
}

const EYE = [0.7, 0.27]; // the middle of a struck eye
/** Side and corners of the signs of one hidden thing, and of two in the same cell. @type {[number, number[][]][]} */
const THING_PLACES = [[0.62, [[0.13, 0.31]]], [0.42, [[0.08, 0.48], [0.48, 0.48]]]];

function goalMark(/** @type {Pen} */ p, /** @type {Colour} */ hue, /** @type {boolean} */ hidden) {
  if (!hidden) {
    p.box([0.06, 0.06, 0.88, 0.88], hue, 0.16, 0.15);
    p.frame([0.06, 0.06, 0.88, 0.88], hue, 0.055, 0.16);
    flag(p, [0.53, 0.5], hue, false);
    return;
  }
  hiddenPlate(p, hue);
  flag(p, [0.44, 0.56], hue, true);
  struckEye(p, EYE, hue);
}

/** What lies below something hidden: a pale plate with a dashed frame. */
function hiddenPlate(/** @type {Pen} */ p, /** @type {Colour} */ hue) {
  p.box([0.06, 0.06, 0.88, 0.88], hue, 0.16, 0.15);
  const corners = [[0.06, 0.06], [0.94, 0.06], [0.94, 0.94], [0.06, 0.94]];
  corners.forEach(([x, y], i) => {
    const [u, v] = corners[(i + 1) % 4];
    for (let t = 0; t < 9; t += 2) {
      const part = (/** @type {number} */ k) => [x + (u - x) * k / 9, y + (v - y) * k / 9];
      p.line([part(t), part(t + 1)], hue, 0.045);
    }
  });
}

function opponent(/** @type {Pen} */ p, /** @type {Colour} */ hue, /** @type {number[]} */ body, /** @type {number} */ radius) {
  const middle = body[1] + body[3] / 2;
  p.box(body, hue, radius);
  p.frame(body, darker(hue, 0.4), 0.042, radius);
  for (const x of [0.38, 0.62]) {
    p.disc([x, middle - 0.04], 0.09, p.hues.white);
    p.disc([x, middle - 0.04], 0.04, p.hues.ink);
  }
  p.line([[0.38, middle + 0.17], [0.62, middle + 0.17]], p.hues.white, 0.045);
}

function lid(/** @type {Pen} */ p, /** @type {number[]} */ [x, y, w, h], /** @type {Colour} */ wood) {
  p.box([x, y, w, h], wood, 0.0625);
  for (const share of [0.36, 0.64]) p.line([[x, y + h * share], [x + w, y + h * share]], darker(wood, 0.22), 0.021);
  p.line([[x + 0.05, y + h - 0.05], [x + w - 0.05, y + 0.05]], darker(wood, 0.42), 0.13);
  p.line([[x + 0.05, y + h - 0.05], [x + w - 0.05, y + 0.05]], darker(wood, -0.22), 0.09);
  p.frame([x, y, w, h], darker(wood, -0.22), 0.09, 0.0625);
  p.frame([x, y, w, h], darker(wood, 0.42), 0.021, 0.0625);
}

function target(/** @type {Pen} */ p, /** @type {Colour} */ hue, diamond = true) {
  for (const [x, right] of [[0.1, 1], [0.9, -1]])
    for (const [y, down] of [[0.1, 1], [0.9, -1]])
      p.line([[x + right * 0.2, y], [x, y], [x, y + down * 0.2]], hue, 0.0625);
  if (!diamond) return;
  const points = [[0.5, 0.35], [0.65, 0.5], [0.5, 0.65], [0.35, 0.5]];
  p.shape(points, hue, 0.24);
  p.line([...points, points[0]], hue, 0.038);
}

export function boxMark(/** @type {Pen} */ p, /** @type {boolean} */ settled, /** @type {Colour} */ goal) {
  if (!settled) {
    p.box([0.12, 0.1, 0.76, 0.78], darker(p.hues.wood, 0.5), 0.0625);
    lid(p, [0.12, 0.1, 0.76, 0.66], p.hues.wood);
    return;
  }
  target(p, goal, false);
  lid(p, [0.19, 0.19, 0.62, 0.62], darker(p.hues.wood, 0.08));
  p.disc([0.5, 0.5], 0.215, p.hues.white);
  p.disc([0.5, 0.5], 0.18, p.hues.settled);
  p.line([[0.415, 0.505], [0.475, 0.565], [0.59, 0.44]], p.hues.white, 0.05);
}

export function gateMark(/** @type {Pen} */ p, /** @type {boolean} */ open) {
  const top = open ? 0.79 : 0.1;
  p.box([0.12, 0.08, 0.09, 0.84], p.hues.iron, 0.03);
  p.box([0.79, 0.08, 0.09, 0.84], p.hues.iron, 0.03);
  for (const x of [0.3, 0.435, 0.565, 0.7]) p.line([[x, top], [x, 0.88]], p.hues.iron, 0.06);
  p.line([[0.18, 0.88], [0.82, 0.88]], p.hues.iron, 0.06);
  if (!open) p.line([[0.18, 0.42], [0.82, 0.42]], p.hues.iron, 0.05);
}

/**
 * The mark of a tile.
 * @param {Pen} p
 * @param {string} char
 * @param {Look} look
 * @param {boolean} hidden whether the agent does not see the goal
 */
export function mark(p, char, { tiles, palette }, hidden) {
  const floor = ground(tiles["."].colour, palette);
  const { pattern } = tiles[char];
  const dark = darker(p.hues.gold, 0.25);
  if (char === "G") goalMark(p, palette.goal, hidden);
  else if (char === "?") p.word("?", [0.5, 0.53], 0.6);
  else if (pattern === "start") {
    startMark(p, mix(floor, palette.ink, 0.32), char === "+" ? 0.3 : 0.4);
    if (char === "+") target(p, mix(floor, palette.ink, 0.58), false);
  } else if (pattern === "portal") {
    p.disc([0.5, 0.5], 0.36, p.hues.white);
    for (const radius of [0.42, 0.3]) p.ring([0.5, 0.5], radius, p.hues.portal, 0.055);
    p.word(char, [0.5, 0.52], 0.42);
  } else if (pattern === "key") {
    p.ring([0.3, 0.36], 0.16, dark, 0.09);
    p.line([[0.44, 0.36], [0.86, 0.36]], dark, 0.09);
    for (const x of [0.68, 0.82]) p.line([[x, 0.36], [x, 0.52]], dark, 0.09);
    p.word(char, [0.34, 0.74], 0.38);
  } else if (pattern === "door") {
    const wood = tiles[char].colour, frame = [0.14, 0.08, 0.72, 0.86];
    p.box(frame, darker(wood, -0.25), [0.33, 0.33, 0, 0]);
    p.frame(frame, darker(wood, 0.5), 0.07, [0.33, 0.33, 0, 0]);
    p.disc([0.73, 0.62], 0.05, p.hues.ink);
    p.word(char, [0.46, 0.56], 0.46);
  } else if (pattern === "coin") {
    p.disc([0.5, 0.5], 0.24, p.hues.gold);
    p.ring([0.5, 0.5], 0.24, darker(p.hues.gold, 0.35), 0.045);
    p.ring([0.5, 0.5], 0.13, darker(p.hues.gold, -0.6), 0.045);
  } else if (pattern === "patrol") opponent(p, p.hues.patrol, [0.2, 0.2, 0.6, 0.6], 0.11);
  else if (pattern === "hunter") {
    for (const x of [0.26, 0.74]) p.shape([[x - 0.08, 0.4], [x + 0.08, 0.4], [x + (x - 0.5) * 0.5, 0.1]], p.hues.hunter);
    opponent(p, p.hues.hunter, [0.18, 0.26, 0.64, 0.6], 0.33);
  } else if (pattern === "target" || char === "*") target(p, mix(floor, palette.ink, 0.58));
  else if (pattern === "box") boxMark(p, false, palette.goal);
  else if (pattern === "switch") {
    p.box([0.2, 0.24, 0.6, 0.58], darker(p.hues.steel, 0.6), 0.11);
    p.box([0.2, 0.2, 0.6, 0.54], p.hues.steel, 0.11);
    for (const up of [-1, 1]) {
      const x = 0.5 + up * 0.12, tip = 0.47 + up * 0.15, neck = tip - up * 0.12;
      p.line([[x, 0.47 - up * 0.15], [x, neck]], p.hues.iron, 0.055);
      p.shape([[x, tip], [x - 0.085, neck], [x + 0.085, neck]], p.hues.iron);
    }
  } else if (pattern === "gate") gateMark(p, false);
}

/**
 * The mark of a world's hidden things in a cell, side by side. Once found, a door is open and a key is gone.
 * @param {Pen} p
 * @param {[string, boolean][]} things tiles, and whether they were found
 * @param {Look} look
 */
export function thingsMark(p, things, look) {
  const signs = things.filter(([char, found]) => !found || look.tiles[char].pattern === "door");
  if (!signs.length) return;
  const [share, places] = THING_PLACES[signs.length - 1], hue = look.palette.goal;
  hiddenPlate(p, hue);
  signs.forEach(([char, found], i) => {
    const small = p.within(places[i], share);
    if (found) openDoor(small, look.tiles[char].colour);
    else mark(small, char, look, true);
  });
  struckEye(p, EYE, hue);
}

/** A door whose leaf has swung to the left. */
function openDoor(/** @type {Pen} */ p, /** @type {Colour} */ wood) {
  const frame = [0.14, 0.08, 0.72, 0.86], leaf = [[0.16, 0.2], [0.4, 0.32], [0.4, 0.92], [0.16, 0.92]];
  p.box(frame, darker(wood, 0.75), [0.33, 0.33, 0, 0]);
  p.shape(leaf, darker(wood, -0.25));
  p.line([...leaf, leaf[0]], darker(wood, 0.5), 0.045);
  p.frame(frame, darker(wood, 0.5), 0.07, [0.33, 0.33, 0, 0]);
}

/** A tile's colour in a theme. */
export const ground = (/** @type {Colour} */ colour, /** @type {Palette} */ palette) => mix(colour, palette.night, palette.dim);
