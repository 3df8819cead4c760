/**
 * The board on a canvas: ground, marks and walls as in the window, then what moves.
 *
 * Everything is drawn in device pixels with a side of `s` px per cell, so that it is sharp at any
 * size and pixel ratio. Colours of themes and grounds come from Python (game/view/draw/theme.py,
 * game/text/tiles.py); those of marks are the ones of game/view/draw/marks.py.
 *
 * @typedef {[number, number, number]} Colour
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
 * @typedef {{tiles: Record<string, Tile>, palette: Palette}} Look
 */

const WHITE = /** @type {Colour} */ ([255, 255, 255]);
const INK = /** @type {Colour} */ ([36, 41, 52]);
const GOLD = /** @type {Colour} */ ([230, 159, 0]);
const PORTAL = /** @type {Colour} */ ([124, 72, 160]);
const PATROL = /** @type {Colour} */ ([0, 114, 178]);
const HUNTER = /** @type {Colour} */ ([170, 40, 60]);
const WOOD = /** @type {Colour} */ ([190, 140, 88]);
const STEEL = /** @type {Colour} */ ([150, 162, 180]);
const IRON = /** @type {Colour} */ ([58, 64, 80]);
const HEAT = /** @type {Colour} */ ([0, 114, 178]);
const NORTH = 1, EAST = 2, SOUTH = 4, WEST = 8;
const AROUND = [[NORTH, -1, 0], [EAST, 0, 1], [SOUTH, 1, 0], [WEST, 0, -1]];
/** Rows and columns of up, down, left, right and stay. */
export const MOVES = [[-1, 0], [1, 0], [0, -1], [0, 1], [0, 0]];
const STAY = 4;
const WALL_DEPTH = 0.2; // of a cell: the height of a wall's south face
const JITTER = 0.018; // of brightness, from cell to cell
const LEAST_ARROW = 0.05; // least probability that has an arrow
const MOVING = new Set(["key", "coin", "patrol", "hunter", "box", "gate"]);

/** A CSS colour, with opacity. @param {Colour} c @param {number} [alpha] */
export const css = (c, alpha = 1) => `rgb(${c[0]} ${c[1]} ${c[2]} / ${alpha})`;

/** @param {Colour} a @param {Colour} b @param {number} share @returns {Colour} */
export const mix = (a, b, share) =>
  /** @type {Colour} */ (a.map((x, i) => Math.round(x + (b[i] - x) * share)));

/** The colour with a share of black or, below zero, of white. @param {Colour} c */
const darker = (c, /** @type {number} */ share) =>
  share >= 0 ? mix(c, [0, 0, 0], share) : mix(c, WHITE, -share);

/** Uniform numbers in [0, 1) that depend on the seed alone (mulberry32). */
function chance(/** @type {number} */ seed) {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

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
 * Small helpers around a 2D context for one cell, in shares of its side.
 * @param {CanvasRenderingContext2D} g
 * @param {number} x
 * @param {number} y
 * @param {number} s
 */
function pen(g, x, y, s) {
  const at = (/** @type {number[]} */ [a, b]) => /** @type {[number, number]} */ ([x + a * s, y + b * s]);
  const path = (/** @type {number[][]} */ points) => {
    g.beginPath();
    points.forEach((p, i) => (i ? g.lineTo(...at(p)) : g.moveTo(...at(p))));
  };
  return {
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
    word(/** @type {string} */ text, /** @type {number[]} */ p, /** @type {number} */ size, colour = INK) {
      g.font = `600 ${size * s}px system-ui, sans-serif`;
      g.textAlign = "center";
      g.textBaseline = "middle";
      g.fillStyle = css(colour);
      g.fillText(text, ...at(p));
    },
  };
}
/** @typedef {ReturnType<typeof pen>} Pen */

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
const PATTERNS = {
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
    for (const spot of [[0.5, 0.18], [0.2, 0.52], [0.8, 0.52], [0.5, 0.84]]) p.disc(spot, 0.055, [255, 214, 92]);
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
  p.disc([x, y], 0.23, WHITE);
  p.ring([x, y], 0.23, hue, 0.023);
  const lid = [];
  for (let t = -6; t <= 6; t++) lid.push([x + wide * t / 6, y - high * Math.cos(t * Math.PI / 12)]);
  p.line(lid, INK, 0.031);
  p.line(lid.map(([a, b]) => [a, 2 * y - b]), INK, 0.031);
  p.disc([x, y], high * 0.55, INK);
  p.line([[x - wide, y + wide], [x + wide, y - wide]], WHITE, 0.094);
  p.line([[x - wide, y + wide], [x + wide, y - wide]], INK, 0.031);
}

function goalMark(/** @type {Pen} */ p, /** @type {Colour} */ hue, /** @type {boolean} */ hidden) {
  p.box([0.06, 0.06, 0.88, 0.88], hue, 0.16, 0.15);
  if (!hidden) {
    p.frame([0.06, 0.06, 0.88, 0.88], hue, 0.055, 0.16);
    flag(p, [0.53, 0.5], hue, false);
    return;
  }
  const corners = [[0.06, 0.06], [0.94, 0.06], [0.94, 0.94], [0.06, 0.94]];
  corners.forEach(([x, y], i) => {
    const [u, v] = corners[(i + 1) % 4];
    for (let t = 0; t < 9; t += 2) {
      const part = (/** @type {number} */ k) => [x + (u - x) * k / 9, y + (v - y) * k / 9];
      p.line([part(t), part(t + 1)], hue, 0.045);
    }
  });
  flag(p, [0.44, 0.56], hue, true);
  struckEye(p, [0.7, 0.27], hue);
}

function opponent(/** @type {Pen} */ p, /** @type {Colour} */ hue, /** @type {number[]} */ body, /** @type {number} */ radius) {
  const middle = body[1] + body[3] / 2;
  p.box(body, hue, radius);
  p.frame(body, darker(hue, 0.4), 0.042, radius);
  for (const x of [0.38, 0.62]) {
    p.disc([x, middle - 0.04], 0.09, WHITE);
    p.disc([x, middle - 0.04], 0.04, INK);
  }
  p.line([[0.38, middle + 0.17], [0.62, middle + 0.17]], WHITE, 0.045);
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

function box(/** @type {Pen} */ p, /** @type {boolean} */ settled, /** @type {Colour} */ goal) {
  if (!settled) {
    p.box([0.12, 0.1, 0.76, 0.78], darker(WOOD, 0.5), 0.0625);
    lid(p, [0.12, 0.1, 0.76, 0.66], WOOD);
    return;
  }
  target(p, goal, false);
  lid(p, [0.19, 0.19, 0.62, 0.62], darker(WOOD, 0.08));
  p.disc([0.5, 0.5], 0.215, WHITE);
  p.disc([0.5, 0.5], 0.18, [0, 120, 88]);
  p.line([[0.415, 0.505], [0.475, 0.565], [0.59, 0.44]], WHITE, 0.05);
}

function gate(/** @type {Pen} */ p, /** @type {boolean} */ open) {
  const top = open ? 0.79 : 0.1;
  p.box([0.12, 0.08, 0.09, 0.84], IRON, 0.03);
  p.box([0.79, 0.08, 0.09, 0.84], IRON, 0.03);
  for (const x of [0.3, 0.435, 0.565, 0.7]) p.line([[x, top], [x, 0.88]], IRON, 0.06);
  p.line([[0.18, 0.88], [0.82, 0.88]], IRON, 0.06);
  if (!open) p.line([[0.18, 0.42], [0.82, 0.42]], IRON, 0.05);
}

/**
 * The mark of a tile.
 * @param {Pen} p
 * @param {string} char
 * @param {Look} look
 * @param {boolean} hidden whether the agent does not see the goal
 */
function mark(p, char, { tiles, palette }, hidden) {
  const floor = ground(tiles["."].colour, palette);
  const { pattern } = tiles[char];
  const dark = darker(GOLD, 0.25);
  if (char === "G") goalMark(p, palette.goal, hidden);
  else if (char === "?") p.word("?", [0.5, 0.53], 0.6);
  else if (pattern === "start") {
    startMark(p, mix(floor, palette.ink, 0.32), char === "+" ? 0.3 : 0.4);
    if (char === "+") target(p, mix(floor, palette.ink, 0.58), false);
  } else if (pattern === "portal") {
    p.disc([0.5, 0.5], 0.36, WHITE);
    for (const radius of [0.42, 0.3]) p.ring([0.5, 0.5], radius, PORTAL, 0.055);
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
    p.disc([0.73, 0.62], 0.05, INK);
    p.word(char, [0.46, 0.56], 0.46);
  } else if (pattern === "coin") {
    p.disc([0.5, 0.5], 0.24, GOLD);
    p.ring([0.5, 0.5], 0.24, darker(GOLD, 0.35), 0.045);
    p.ring([0.5, 0.5], 0.13, darker(GOLD, -0.6), 0.045);
  } else if (pattern === "patrol") opponent(p, PATROL, [0.2, 0.2, 0.6, 0.6], 0.11);
  else if (pattern === "hunter") {
    for (const x of [0.26, 0.74]) p.shape([[x - 0.08, 0.4], [x + 0.08, 0.4], [x + (x - 0.5) * 0.5, 0.1]], HUNTER);
    opponent(p, HUNTER, [0.18, 0.26, 0.64, 0.6], 0.33);
  } else if (pattern === "target" || char === "*") target(p, mix(floor, palette.ink, 0.58));
  else if (pattern === "box") box(p, false, palette.goal);
  else if (pattern === "switch") {
    p.box([0.2, 0.24, 0.6, 0.58], darker(STEEL, 0.6), 0.11);
    p.box([0.2, 0.2, 0.6, 0.54], STEEL, 0.11);
    for (const up of [-1, 1]) {
      const x = 0.5 + up * 0.12, tip = 0.47 + up * 0.15, neck = tip - up * 0.12;
      p.line([[x, 0.47 - up * 0.15], [x, neck]], IRON, 0.055);
      p.shape([[x, tip], [x - 0.085, neck], [x + 0.085, neck]], IRON);
    }
  } else if (pattern === "gate") gate(p, false);
}

/** A tile's colour in a theme. */
const ground = (/** @type {Colour} */ colour, /** @type {Palette} */ palette) => mix(colour, palette.night, palette.dim);

/**
 * Draw one tile, for a legend.
 * @param {CanvasRenderingContext2D} g
 * @param {string} char
 * @param {number} s
 * @param {Look} look
 * @param {boolean} hidden
 * @param {boolean} [asked] whether a question mark lies on it
 */
export function drawTile(g, char, s, look, hidden, asked = false) {
  const colour = ground(look.tiles[char].colour, look.palette), p = pen(g, 0, 0, s);
  p.box([0, 0, 1, 1], colour, 0.12);
  PATTERNS[look.tiles[char].pattern]?.(p, colour, chance(1));
  mark(p, char, look, hidden);
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
 */
export function drawGround(g, rows, s, look, hidden) {
  const { tiles, palette } = look;
  const each = (/** @type {(r: number, c: number, char: string, p: Pen) => void} */ draw) =>
    rows.forEach((row, r) => [...row].forEach((char, c) => draw(r, c, char, pen(g, c * s, r * s, s))));
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
}

/**
 * What changes with the state: items, gates, boxes and opponents.
 * @param {CanvasRenderingContext2D} g
 * @param {string[]} rows
 * @param {number} s
 * @param {Look} look
 * @param {{keys?: number, coins?: number, gates?: number, boxes?: number[], opponents?: number[]}} now
 * @param {string[]} opponents tiles
 */
export function drawThings(g, rows, s, look, now, opponents) {
  const width = rows[0].length;
  const at = (/** @type {number} */ cell) => pen(g, (cell % width) * s, Math.floor(cell / width) * s, s);
  let coin = 0;
  rows.forEach((row, r) => [...row].forEach((char, c) => {
    const { pattern } = look.tiles[char], p = pen(g, c * s, r * s, s);
    if (pattern === "key" && !((now.keys ?? 0) >> (char.charCodeAt(0) - 97) & 1)) mark(p, char, look, true);
    if (pattern === "coin" && (now.coins ?? -1) >> coin++ & 1) mark(p, char, look, true);
    if (pattern === "gate") gate(p, Boolean(now.gates));
  }));
  for (const cell of now.boxes ?? []) {
    const below = rows[Math.floor(cell / width)][cell % width];
    box(at(cell), "X*+".includes(below), look.palette.goal);
  }
  (now.opponents ?? []).forEach((cell, i) => mark(at(cell), opponents[i], look, true));
}

/**
 * The agent: a round face that looks where it goes.
 * @param {CanvasRenderingContext2D} g
 * @param {number[]} place row and column, with fractions
 * @param {number[]} look its direction
 * @param {number} s
 * @param {Colour} colour
 */
export function drawAgent(g, [row, column], [dy, dx], s, colour) {
  const p = pen(g, column * s, row * s, s), r = 0.34, m = 0.5;
  p.disc([m, m + 0.05], r * 1.13, INK, 0.22);
  p.disc([m, m], r * 1.13, WHITE);
  p.disc([m, m], r, darker(colour, 0.16));
  p.disc([m, m - r * 0.07], r * 0.93, colour);
  p.disc([m, m - r * 0.3], r * 0.6, mix(colour, WHITE, 0.22));
  p.disc([m, m - r * 0.16], r * 0.66, colour);
  const x = m + dx * r * 0.24, y = m + dy * r * 0.2;
  for (const side of [-1, 1]) {
    const eye = [x + side * r * 0.32, y - r * 0.12];
    p.disc(eye, r * 0.26, WHITE);
    p.disc([eye[0] + dx * r * 0.1, eye[1] + dy * r * 0.1], r * 0.14, INK);
  }
  const smile = [];
  for (let t = 0; t <= 8; t++) {
    const angle = Math.PI * (0.1 + 0.1 * t);
    smile.push([x + Math.cos(angle) * r * 0.31, y + r * 0.24 + Math.sin(angle) * r * 0.22]);
  }
  p.line(smile, INK, r * 0.09);
}

/**
 * The trail of a walk over cells.
 * @param {CanvasRenderingContext2D} g
 * @param {number[][]} places (row, column) of the cells walked
 * @param {number} lane which of three lanes, so that trails do not cover each other
 * @param {number} s
 * @param {Colour} colour
 * @param {number} alpha
 */
export function drawTrail(g, places, lane, s, colour, alpha) {
  const shift = 0.5 + [0, -0.11, 0.11][lane % 3];
  g.beginPath();
  places.forEach(([row, column], i) => {
    const far = i > 0 && Math.abs(row - places[i - 1][0]) + Math.abs(column - places[i - 1][1]) > 1.01;
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
 * @param {Palette} palette
 */
export function drawPolicy(g, [row, column], s, probabilities, palette) {
  const p = pen(g, column * s, row * s, s);
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

/** A cell to which the goal can be moved: a faint question mark in a corner. */
export function drawQuestion(
  /** @type {CanvasRenderingContext2D} */ g, /** @type {number[]} */ [row, column],
  /** @type {number} */ s, /** @type {Palette} */ palette,
) {
  const p = pen(g, column * s, row * s, s);
  p.disc([0.8, 0.2], 0.16, palette.card, 0.8);
  p.word("?", [0.8, 0.22], 0.26, palette.goal);
}

/** How often cells were visited: darker blue for more. */
export function drawVisits(
  /** @type {CanvasRenderingContext2D} */ g, /** @type {Map<number, number>} */ counts,
  /** @type {number} */ width, /** @type {number} */ s,
) {
  const most = Math.max(...counts.values());
  for (const [cell, count] of counts) {
    const alpha = (30 + 200 * Math.sqrt(count / most)) / 255;
    pen(g, (cell % width) * s, Math.floor(cell / width) * s, s).box([0.03, 0.03, 0.94, 0.94], HEAT, 0.1, alpha);
  }
}

/** An optimal path, dashed. */
export function drawOptimum(
  /** @type {CanvasRenderingContext2D} */ g, /** @type {number[][]} */ places, /** @type {number} */ s,
  /** @type {Colour} */ hue,
) {
  for (let i = 1; i < places.length; i++) {
    const [[r, c], [row, column]] = [places[i - 1], places[i]];
    pen(g, column * s, row * s, s).disc([0.5, 0.5], 0.1, hue);
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
