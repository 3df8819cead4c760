/**
 * The board on a canvas: ground, marks and walls as in the window, then what moves.
 *
 * Everything is drawn in device pixels with a side of `s` px per cell, so that it is sharp at any
 * size and pixel ratio. All colours come from Python: see `look` in payload.py.
 *
 * @typedef {import("./pen.mjs").Colour} Colour
 * @typedef {import("./pen.mjs").Pen} Pen
 * @typedef {import("./tile_marks.mjs").Look} Look
 */
import { css, darker, mix, pen } from "./pen.mjs";
import { PATTERNS, boxMark, chance, gateMark, ground, mark, thingsMark } from "./tile_marks.mjs";

const NORTH = 1, EAST = 2, SOUTH = 4, WEST = 8;
const AROUND = [[NORTH, -1, 0], [EAST, 0, 1], [SOUTH, 1, 0], [WEST, 0, -1]];
/** Rows and columns of up, down, left, right and stay. */
export const MOVES = [[-1, 0], [1, 0], [0, -1], [0, 1], [0, 0]];
const STAY = 4;
const WALL_DEPTH = 0.2; // of a cell: the height of a wall's south face
const JITTER = 0.018; // of brightness, from cell to cell
const LEAST_BADGED = 20; // px: smaller cells have no badges, which would not be legible
const LEAST_ARROW = 0.05; // least probability that has an arrow
const MOVING = new Set(["key", "coin", "patrol", "hunter", "box", "gate"]);

/** The sides where a cell's neighbour is the same tile, a wall or the edge. */
function neighbours(/** @type {string[]} */ rows, /** @type {number} */ r, /** @type {number} */ c) {
  let mask = 0;
  for (const [bit, dr, dc] of AROUND) {
    const other = rows[r + dr]?.[c + dc];
    if (other === undefined || other === rows[r][c] || other === "#") mask |= bit;
  }
  return mask;
}

/** Corner radii for `roundRect`: those between two free sides. */
function radii(/** @type {number} */ mask, /** @type {number} */ radius) {
  const free = (/** @type {number} */ a, /** @type {number} */ b) => (mask & (a | b) ? 0 : radius);
  return [free(NORTH, WEST), free(NORTH, EAST), free(SOUTH, EAST), free(SOUTH, WEST)];
}

/**
 * Draw one tile, for a legend.
 * @param {CanvasRenderingContext2D} g
 * @param {string} char
 * @param {number} s
 * @param {Look} look
 * @param {boolean} hidden
 * @param {boolean} [asked] whether a question mark lies on it
 * @param {boolean} [thing] whether it is a hidden thing of a world
 */
export function drawTile(g, char, s, look, hidden, asked = false, thing = false) {
  if (thing) return thingsMark(pen(g, 0, 0, s, look.hues), [[char, false]], look);
  const colour = ground(look.tiles[char].colour, look.palette), p = pen(g, 0, 0, s, look.hues);
  p.box([0, 0, 1, 1], colour, 0.12);
  PATTERNS[look.tiles[char].pattern]?.(p, colour, chance(1));
  if (char === "*") boxMark(p, true, look.palette.goal); // on boards, boxes move
  else mark(p, char, look, hidden);
  if (asked) p.word("?", [0.5, 0.53], 0.7, look.palette.goal);
  p.frame([0, 0, 1, 1], darker(colour, 0.25), 1 / s, 0.12);
}

/**
 * Draw all of a board that does not change in an episode.
 * @param {CanvasRenderingContext2D} g
 * @param {string[]} rows tiles
 * @param {number} s
 * @param {Look} look
 * @param {boolean} hidden
 * @param {[number, string][]} badges numbers of cells, and what is written in their corner
 */
export function drawGround(g, rows, s, look, hidden, badges) {
  const { tiles, palette } = look;
  const each = (/** @type {(r: number, c: number, char: string, p: Pen) => void} */ draw) =>
    rows.forEach((row, r) => [...row].forEach((char, c) => draw(r, c, char, pen(g, c * s, r * s, s, look.hues))));
  const shade = (/** @type {number} */ r, /** @type {number} */ c) => (chance(r * 1009 + c)() * 2 - 1) * JITTER;
  const floor = ground(tiles["."].colour, palette), thin = Math.max(1, s / 60) / s;
  const seams = (/** @type {Pen} */ p, /** @type {Colour} */ colour, /** @type {number} */ mask) => {
    if (mask & NORTH) p.box([0, 0, 1, thin], darker(colour, 0.07));
    if (mask & WEST) p.box([0, 0, thin, 1], darker(colour, 0.07));
  };
  each((r, c, _, p) => {
    p.box([0, 0, 1, 1], darker(floor, shade(r, c)));
    seams(p, floor, NORTH | WEST);
  });
  each((r, c, char, p) => {
    const tile = tiles[char], colour = ground(tile.colour, palette);
    if (tile.passable && `${tile.colour}` !== `${tiles["."].colour}`) {
      const mask = neighbours(rows, r, c);
      p.box([0, 0, 1, 1], darker(colour, shade(r, c)), radii(mask, 0.24));
      seams(p, colour, mask);
    }
    if (s >= 8) PATTERNS[tile.pattern]?.(p, colour, chance(r * 1009 + c));
  });
  each((r, c, char, p) => {
    if (!MOVING.has(tiles[char].pattern) || char === "*") mark(p, char, look, hidden);
  });
  g.save();
  g.filter = `blur(${Math.max(0.5, s * 0.05)}px)`;
  g.beginPath(); // of all shadows, as each filling is blurred by itself
  each((r, c, char) => char === "#" && g.rect((c + 0.05) * s, (r + 0.13) * s, s, s));
  g.fillStyle = css([30, 32, 50], 0.34);
  g.fill();
  g.restore();
  const wall = ground(tiles["#"].colour, palette);
  each((r, c, char, p) => {
    if (char !== "#") return;
    const mask = neighbours(rows, r, c), round = radii(mask, 0.24);
    const high = mask & SOUTH ? 1 : 1 - WALL_DEPTH;
    if (!(mask & SOUTH)) p.box([0, 0, 1, 1], darker(wall, 0.38), round);
    if (!(mask & NORTH)) p.box([0, 0, 1, high], darker(wall, -0.32), round);
    const edge = mask & NORTH ? 0 : 2 * thin;
    p.box([0, edge, 1, high - edge], wall, round);
  });
  const width = rows[0].length;
  if (s >= LEAST_BADGED) for (const [cell, text] of badges)
    drawBadge(pen(g, (cell % width) * s, Math.floor(cell / width) * s, s, look.hues), text, s, look);
}

/** Draw a badge in the lower right corner of a cell, as game/view/draw/badges.py does. */
function drawBadge(
  /** @type {Pen} */ p, /** @type {string} */ text, /** @type {number} */ s, /** @type {Look} */ { palette },
) {
  const high = Math.max(13 / s, 0.36), wide = high * (0.45 + 0.55 * text.length);
  const corner = [0.96 - wide, 0.96 - high], box = [...corner, wide, high];
  p.box(box, palette.card, high / 3);
  p.frame(box, mix(palette.ink, palette.card, 0.35), 1 / s, high / 3);
  p.word(text, [corner[0] + wide / 2, corner[1] + high * 0.54], high * 0.8, palette.ink);
}

/**
 * What changes with the state: items, gates, boxes, opponents, and the hidden things of a world.
 * @param {CanvasRenderingContext2D} g
 * @param {string[]} rows
 * @param {number} s
 * @param {Look} look
 * @param {{keys?: number, coins?: number, gates?: number, boxes?: number[], opponents?: number[], found?: number}} now
 * @param {string[]} opponents tiles
 * @param {[number, string][]} things cell and tile of each
 */
export function drawThings(g, rows, s, look, now, opponents, things) {
  const width = rows[0].length;
  const at = (/** @type {number} */ cell) => pen(g, (cell % width) * s, Math.floor(cell / width) * s, s, look.hues);
  let coin = 0;
  rows.forEach((row, r) => [...row].forEach((char, c) => {
    const { pattern } = look.tiles[char], p = pen(g, c * s, r * s, s, look.hues);
    if (pattern === "key" && !((now.keys ?? 0) >> (char.charCodeAt(0) - 97) & 1)) mark(p, char, look, true);
    if (pattern === "coin" && (now.coins ?? -1) >> coin++ & 1) mark(p, char, look, true);
    if (pattern === "gate") gateMark(p, Boolean(now.gates));
  }));
  for (const cell of now.boxes ?? []) {
    const below = rows[Math.floor(cell / width)][cell % width];
    boxMark(at(cell), "X*+".includes(below), look.palette.goal);
  }
  (now.opponents ?? []).forEach((cell, i) => mark(at(cell), opponents[i], look, true));
  for (const cell of new Set(things.map(([cell]) => cell)))
    thingsMark(at(cell), things.flatMap(([c, tile], i) => (c === cell ? [[tile, i < (now.found ?? 0)]] : [])), look);
}

/**
 * The agent: a round face that looks where it goes.
 * @param {CanvasRenderingContext2D} g
 * @param {number[]} place row and column, with fractions
 * @param {number[]} way its direction
 * @param {number} s
 * @param {Colour} colour
 * @param {Look} look
 */
export function drawAgent(g, [row, column], [dy, dx], s, colour, { hues }) {
  const p = pen(g, column * s, row * s, s, hues), r = 0.34, m = 0.5;
  p.disc([m, m + 0.05], r * 1.13, hues.ink, 0.22);
  p.disc([m, m], r * 1.13, hues.white);
  p.disc([m, m], r, darker(colour, 0.16));
  p.disc([m, m - r * 0.07], r * 0.93, colour);
  p.disc([m, m - r * 0.3], r * 0.6, mix(colour, hues.white, 0.22));
  p.disc([m, m - r * 0.16], r * 0.66, colour);
  const x = m + dx * r * 0.24, y = m + dy * r * 0.2;
  for (const side of [-1, 1]) {
    const eye = [x + side * r * 0.32, y - r * 0.12];
    p.disc(eye, r * 0.26, hues.white);
    p.disc([eye[0] + dx * r * 0.1, eye[1] + dy * r * 0.1], r * 0.14, hues.ink);
  }
  const smile = [];
  for (let t = 0; t <= 8; t++) {
    const angle = Math.PI * (0.1 + 0.1 * t);
    smile.push([x + Math.cos(angle) * r * 0.31, y + r * 0.24 + Math.sin(angle) * r * 0.22]);
  }
  p.line(smile, hues.ink, r * 0.09);
}

/**
 * The trail of a walk over cells.
 * @param {CanvasRenderingContext2D} g
 * @param {number[][]} places (row, column) of the cells walked
 * @param {number} lane which of three lanes, so that trails do not cover each other
 * @param {number} s
 * @param {Colour} colour
 * @param {number} alpha
 * @param {number} reach longest stretch that is drawn, in cells: longer ones are teleported
 */
export function drawTrail(g, places, lane, s, colour, alpha, reach) {
  const shift = 0.5 + [0, -0.11, 0.11][lane % 3];
  g.beginPath();
  places.forEach(([row, column], i) => {
    const far = i > 0 && Math.abs(row - places[i - 1][0]) + Math.abs(column - places[i - 1][1]) > reach;
    g[i && !far ? "lineTo" : "moveTo"]((column + shift) * s, (row + shift) * s);
  });
  g.lineJoin = g.lineCap = "round";
  g.lineWidth = Math.max(1.5, 0.07 * s);
  g.strokeStyle = css(colour, alpha);
  g.stroke();
}

/**
 * The policy in one cell: an arrow for each action, scaled by its probability; a ring for staying.
 * @param {CanvasRenderingContext2D} g
 * @param {number[]} place row and column
 * @param {number} s
 * @param {ArrayLike<number>} probabilities of the five actions
 * @param {Look} look
 */
export function drawPolicy(g, [row, column], s, probabilities, { palette, hues }) {
  const p = pen(g, column * s, row * s, s, hues);
  for (let action = 0; action < 5; action++) {
    const share = probabilities[action];
    if (share < LEAST_ARROW) continue;
    if (action === STAY) {
      p.ring([0.5, 0.5], 0.13 * Math.sqrt(share), palette.ink, 0.025);
      continue;
    }
    const [dy, dx] = MOVES[action], reach = 0.1 + 0.36 * share, head = 0.05 + 0.05 * share;
    const tip = [0.5 + dx * reach, 0.5 + dy * reach], neck = [tip[0] - dx * head, tip[1] - dy * head];
    const wings = [[neck[0] + dy * head, neck[1] + dx * head], [neck[0] - dy * head, neck[1] - dx * head]];
    const thick = 0.02 + 0.035 * share;
    p.line([[0.5, 0.5], neck], palette.paper, thick + 0.05);
    p.line([...wings, tip, wings[0], wings[1]], palette.paper, 0.05);
    p.line([[0.5, 0.5], neck], palette.ink, thick);
    p.shape([tip, ...wings], palette.ink);
  }
}

/** Bars of the probabilities of actions that are no moves, side by side in a box of a cell. */
export function drawBars(
  /** @type {CanvasRenderingContext2D} */ g, /** @type {number[]} */ [row, column], /** @type {number} */ s,
  /** @type {ArrayLike<number>} */ probabilities, /** @type {number[]} */ [left, top, wide, high], /** @type {Look} */ { palette, hues },
) {
  const p = pen(g, column * s, row * s, s, hues), pitch = wide / probabilities.length;
  Array.from(probabilities, (share, action) =>
    p.box([left + action * pitch, top + high * (1 - share), pitch * 0.9, high * share], palette.ink, 0, 0.9));
}

/** A cell to which the goal can be moved: a faint question mark in a corner. */
export function drawQuestion(
  /** @type {CanvasRenderingContext2D} */ g, /** @type {number[]} */ [row, column],
  /** @type {number} */ s, /** @type {Look} */ { palette, hues },
) {
  const p = pen(g, column * s, row * s, s, hues);
  p.disc([0.8, 0.2], 0.16, palette.card, 0.8);
  p.word("?", [0.8, 0.22], 0.26, palette.goal);
}

/** How often cells were visited: darker for more. */
export function drawVisits(
  /** @type {CanvasRenderingContext2D} */ g, /** @type {Map<number, number>} */ counts,
  /** @type {number} */ width, /** @type {number} */ s, /** @type {Look} */ { hues },
) {
  const most = Math.max(...counts.values());
  for (const [cell, count] of counts) {
    const alpha = (30 + 200 * Math.sqrt(count / most)) / 255;
    pen(g, (cell % width) * s, Math.floor(cell / width) * s, s, hues).box([0.03, 0.03, 0.94, 0.94], hues.heat, 0.1, alpha);
  }
}

/** An optimal path, dashed. */
export function drawOptimum(
  /** @type {CanvasRenderingContext2D} */ g, /** @type {number[][]} */ places, /** @type {number} */ s,
  /** @type {Look} */ { palette: { goal: hue }, hues },
) {
  for (let i = 1; i < places.length; i++) {
    const [[r, c], [row, column]] = [places[i - 1], places[i]];
    pen(g, column * s, row * s, s, hues).disc([0.5, 0.5], 0.1, hue);
    if (Math.abs(r - row) + Math.abs(c - column) > 1) continue;
    g.beginPath();
    g.setLineDash([s / 6, s / 9]);
    g.moveTo((c + 0.5) * s, (r + 0.5) * s);
    g.lineTo((column + 0.5) * s, (row + 0.5) * s);
    g.lineWidth = s / 9;
    g.lineCap = "butt";
    g.strokeStyle = css(hue);
    g.stroke();
    g.setLineDash([]);
  }
}
