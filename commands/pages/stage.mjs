/**
 * The stage: a board for each agent. What does not move is drawn once, into layers.
 *
 * @typedef {import("./state.mjs").State} State
 * @typedef {import("./data.mjs").Run} Run
 * @typedef {import("./data.mjs").Step} Step
 * @typedef {import("./data.mjs").Task} Task
 * @typedef {import("./board.mjs").Look} Look
 * @typedef {{key: any[], canvas: HTMLCanvasElement}} Layer
 * @typedef {{canvas: HTMLCanvasElement, frame: HTMLElement, layers: Map<string, Layer>}} Board
 */
import { MOVES, drawAgent, drawBars, drawGround, drawOptimum, drawPolicy, drawQuestion, drawThings, drawTrail, drawVisits } from "./board.mjs";
import { calm, find, setText, theme } from "./elements.mjs";
import { counted } from "./sentences.mjs";
import { SPEEDS, episodesKept, secondsOf, statesOf, stepOf, taskNow, tasksToChoose, walk } from "./state.mjs";

const ARM_BAR = [0.08, 0.28, 0.36, 0.72]; // left, top, width and height of a bar, as in world_overlays.py
const STATE_BARS = [0.08, 0.06, 0.84, 0.5]; // above a state's number

/** Make a board for each agent of a level. @returns {Board[]} */
export function makeBoards(/** @type {any} */ level, /** @type {(event: MouseEvent) => void} */ onClick) {
  find("boards").replaceChildren(...level.agents.map((/** @type {any} */ agent, /** @type {number} */ i) => {
    const figure = document.createElement("figure");
    figure.innerHTML = `<figcaption><b style="color:var(--texts-${i})"></b><span id="score-${i}" class="score"></span><span id="before-${i}" class="quiet"></span></figcaption><div class="frame"><canvas role="img" tabindex="-1"></canvas></div>`;
    /** @type {any} */ (figure.querySelector("b")).textContent = agent.name;
    return figure;
  }));
  return [...document.querySelectorAll("#boards figure")].map((figure) => {
    const canvas = /** @type {HTMLCanvasElement} */ (figure.querySelector("canvas"));
    canvas.addEventListener("click", onClick);
    return { canvas, frame: /** @type {HTMLElement} */ (figure.querySelector(".frame")), layers: new Map() };
  });
}

/** The cell of a board that was clicked. */
export function clickedCell(/** @type {State} */ state, /** @type {MouseEvent} */ event) {
  const box = /** @type {HTMLElement} */ (event.currentTarget).getBoundingClientRect();
  const { width, height } = taskNow(state);
  const column = Math.floor(((event.clientX - box.left) / box.width) * width);
  return Math.floor(((event.clientY - box.top) / box.height) * height) * width + column;
}

/** Draw all boards at this moment. */
export function drawBoards(/** @type {Board[]} */ boards, /** @type {State} */ state, /** @type {Look} */ look) {
  boards.forEach((board, i) => drawBoard(board, state, i, look));
  const moves = walk(state, state.runs[0]).length - 1, speed = SPEEDS[state.speed];
  setText("where", `Episode ${state.episode + 1} of ${episodesKept(state)} shown, ${counted(moves, "move")}${speed === 1 ? "" : `, ${speed}× speed`}`);
}

/** Draw an agent's board. */
function drawBoard(/** @type {Board} */ board, /** @type {State} */ state, /** @type {number} */ index, /** @type {Look} */ look) {
  const { canvas } = board, run = state.runs[index];
  const now = taskNow(state), side = cellSide(board, now), { palette } = look;
  fit(canvas, now.width * side, now.height * side);
  const g = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  const step = stepOf(state, run), states = walk(state, run);
  const seconds = secondsOf(state, run);
  const reached = (seconds > 0 ? Math.min(state.clock / seconds, 1) : 1) * (states.length - 1);
  const move = Math.min(Math.floor(reached), states.length - 1), here = states[move] ?? now.start;
  const colour = (/** @type {number} */ k) => (index ? palette.agents[index] : palette.trails[k % 3]);
  const since = [step, now, now.changes && here]; // on which both layers depend
  const under = [...since, state.episode, state.chosen.goal, state.overlays.has("visits"), state.overlays.has("optimum")];
  g.drawImage(layer(board, "under", under, (below) => drawUnder(below, board, state, index, here, look, colour)), 0, 0);
  const { place, way } = placeAt(now, states, reached, move);
  drawTrail(g, [...states.slice(0, move + 1).map(now.place), place], state.episode, side, colour(state.episode), 0.95, reachOf(state.level));
  const { probs } = step;
  if (state.overlays.has("policy") && probs) g.drawImage(layer(board, "over", since, (over) => {
    drawChances(over, state.level.world, now, here, side, probs, look);
  }), 0, 0);
  drawAgent(g, place, way, side, palette.agents[index], look);
  describe(canvas, state, index);
}

/** The longest stretch of a trail, in cells: any where actions are no moves. */
const reachOf = (/** @type {any} */ level) => (level.world ? Infinity : 1.01);

/** Draw a policy: arrows of moves, or bars of a bandit's arms and of the actions in an MDP's states. */
function drawChances(
  /** @type {CanvasRenderingContext2D} */ g, /** @type {string | null} */ world, /** @type {Task} */ now, /** @type {number} */ here,
  /** @type {number} */ side, /** @type {ArrayLike<number>[]} */ probs, /** @type {Look} */ look,
) {
  if (world === "bandit") {
    now.badges.forEach((/** @type {[number, string]} */ [cell], /** @type {number} */ arm) =>
      drawBars(g, [Math.floor(cell / now.width), cell % now.width], side, [probs[now.start][arm]], ARM_BAR, look));
    return;
  }
  for (const s of now.alike(here)) {
    if (world) drawBars(g, now.place(s), side, probs[s], STATE_BARS, look);
    else drawPolicy(g, now.place(s), side, probs[s], look);
  }
}

/** Draw what lies under an agent: ground, things, overlays, and the trails of episodes before. */
function drawUnder(
  /** @type {CanvasRenderingContext2D} */ g, /** @type {Board} */ board, /** @type {State} */ state, /** @type {number} */ index,
  /** @type {number} */ here, /** @type {Look} */ look, /** @type {(k: number) => import("./board.mjs").Colour} */ colour,
) {
  const { level, episode, overlays, chosen } = state;
  const now = taskNow(state), side = g.canvas.width / now.width, step = stepOf(state, state.runs[index]);
  g.drawImage(layer(board, "ground", [now], (ground) => drawGround(ground, now.rows, side, look, level.hiddenGoal, now.badges)), 0, 0);
  if (overlays.has("visits")) drawVisits(g, visitsOf(step, now), now.width, side, look);
  drawThings(g, now.rows, side, look, now.inState(here), level.opponents, now.things);
  if (overlays.has("optimum") && !level.world) drawOptimum(g, now.optimum.map(now.place), side, look);
  for (let k = Math.max(0, episode - 2); k < Math.min(episode, step.paths.length); k++)
    drawTrail(g, statesOf(step.paths[k]).map(now.place), k, side, colour(k), k === episode - 1 ? 0.6 : 0.4, reachOf(level));
  for (const { goal, goalCell } of tasksToChoose(level))
    if (goal !== chosen.goal) drawQuestion(g, [Math.floor(goalCell / now.width), goalCell % now.width], side, look);
}

/** Return a layer of a board. It is drawn again only when its key has changed. */
function layer(/** @type {Board} */ { canvas, layers }, /** @type {string} */ name, /** @type {any[]} */ key, /** @type {(g: CanvasRenderingContext2D) => void} */ draw) {
  const known = layers.get(name), { width, height } = canvas;
  key = [...key, width, height, theme()];
  if (known && key.every((one, i) => one === known.key[i])) return known.canvas;
  const picture = known?.canvas ?? document.createElement("canvas");
  Object.assign(picture, { width, height });
  draw(/** @type {CanvasRenderingContext2D} */ (picture.getContext("2d")));
  layers.set(name, { key, canvas: picture });
  return picture;
}

/** The side of a cell in device pixels. */
function cellSide(/** @type {Board} */ { frame }, /** @type {Task} */ { width, height }) {
  const scale = devicePixelRatio || 1;
  const room = Math.min(frame.clientWidth * scale, (Math.max(280, innerHeight * 0.6) * scale * width) / height);
  return Math.max(3, Math.floor(room / width));
}

/** Give a canvas a size in device pixels. */
function fit(/** @type {HTMLCanvasElement} */ canvas, /** @type {number} */ width, /** @type {number} */ height) {
  if (canvas.width === width && canvas.height === height) return;
  Object.assign(canvas, { width, height });
  Object.assign(canvas.style, { width: `${width / devicePixelRatio}px`, height: `${height / devicePixelRatio}px` });
}

/** Where the agent is between two moves, and where it looks. */
function placeAt(/** @type {Task} */ now, /** @type {number[]} */ states, /** @type {number} */ reached, /** @type {number} */ move) {
  const here = now.place(states[move] ?? now.start), there = now.place(states[move + 1] ?? states[move] ?? now.start);
  const part = calm.matches ? 0 : reached - move, step = [there[0] - here[0], there[1] - here[1]];
  if (Math.abs(step[0]) + Math.abs(step[1]) > 1) return { place: part < 0.5 ? here : there, way: MOVES[4] }; // teleported
  return { place: [here[0] + step[0] * part, here[1] + step[1] * part], way: step };
}

/** How often each cell was visited in the step's episodes, or a share of that. */
function visitsOf(/** @type {Step} */ step, /** @type {Task} */ { cells }) {
  if (step.visits) return new Map(Object.entries(step.visits).filter(([, n]) => n).map(([cell, n]) => [Number(cell), n]));
  const counts = new Map();
  for (const path of step.paths)
    for (const state of statesOf(path)) counts.set(cells[state], (counts.get(cells[state]) ?? 0) + 1);
  return counts;
}

/** Give a board its text alternative. */
function describe(/** @type {HTMLCanvasElement} */ canvas, /** @type {State} */ state, /** @type {number} */ index) {
  const { width, height, cells, goalCell } = taskNow(state), states = walk(state, state.runs[index]);
  const end = goalCell === null ? "ends" : cells[states[states.length - 1]] === goalCell ? "reaches the goal" : "does not reach the goal";
  const { step } = stepOf(state, state.runs[index]);
  const text = `Board of ${state.level.agents[index].name}, ${width} by ${height} cells. At step ${step} its episode ${state.episode + 1} ${end} after ${counted(states.length - 1, "move")}.`;
  if (canvas.getAttribute("aria-label") !== text) canvas.setAttribute("aria-label", text);
}
