/**
 * The data of the page, unpacked, and what follows from it.
 *
 * @typedef {Object} Step One adaptation step: of a recorded run, or of one computed in the page.
 * @property {number} step
 * @property {number} episodes
 * @property {number} envSteps
 * @property {number} gradientSteps
 * @property {number | null} returnExact
 * @property {number} returnSampled
 * @property {number} score
 * @property {ArrayLike<number>[] | null} probs [S][A]
 * @property {ArrayLike<number>[]} paths states of each episode, -1 after its end
 * @property {ArrayLike<number> | null} [visits] of each cell in all episodes, 255 for the most
 *
 * @typedef {{agent: string, seed: number, stepSize: number, goal: number | null, steps: Step[]}} Run
 */
import { unpacked } from "./packing.mjs";

/** What changes with the state on a board, besides the agent's place. */
const CHANGING = ["keys", "coins", "gates", "boxes", "opponents", "found"];

/** Split an array into rows of `width`. @param {ArrayLike<number> & {subarray: Function}} flat */
const rowsOf = (flat, /** @type {number} */ width) =>
  Array.from({ length: flat.length / width }, (_, i) => flat.subarray(i * width, (i + 1) * width));

/** Paths are kept in one row: the length of each, then its states. */
function unpackPaths(/** @type {any} */ packed) {
  const flat = unpacked(packed), paths = [];
  for (let i = 0; i < flat.length; i += flat[i] + 1) paths.push(flat.subarray(i + 1, i + 1 + flat[i]));
  return paths;
}

/** Unpack a recorded run of a level with a number of actions. @returns {Run} */
export function unpackRun(/** @type {any} */ run, /** @type {number} */ actions) {
  const steps = run.steps.map((/** @type {any} */ step) => ({
    ...step,
    probs: step.probs && rowsOf(Float32Array.from(unpacked(step.probs), (x) => x / 255), actions),
    paths: unpackPaths(step.paths),
    visits: step.visits && unpacked(step.visits),
  }));
  return { ...run, steps };
}

/** Unpack a task: what the board needs to know of each state. */
export function unpackTask(/** @type {any} */ task) {
  const cells = unpacked(task.cells), n = cells.length, width = task.rows[0].length;
  const perState = (/** @type {string} */ name) => {
    const values = unpacked(task[name] ?? null);
    return values && rowsOf(values, values.length / n);
  };
  const changing = Object.fromEntries(CHANGING.map((name) => [name, perState(name)]));
  const optimum = [...unpacked(task.optimum)];
  return {
    ...task,
    width,
    height: task.rows.length,
    cells,
    over: unpacked(task.over),
    /** Whether anything changes on the board besides the agent's place. */
    changes: Object.values(changing).some(Boolean),
    optimum,
    /** Row and column of the agent in a state. */
    place: (/** @type {number} */ state) => [Math.floor(cells[state] / width), cells[state] % width],
    /** What else there is on the board in a state. */
    inState: (/** @type {number} */ state) => ({
      keys: changing.keys?.[state][0],
      coins: changing.coins?.[state][0],
      gates: changing.gates?.[state][0],
      boxes: changing.boxes?.[state],
      opponents: changing.opponents?.[state],
      found: changing.found?.[state][0],
    }),
    /** States that differ from one in the agent's place alone. */
    alike(/** @type {number} */ state) {
      const same = (/** @type {string} */ name, /** @type {number} */ s) =>
        !changing[name] || changing[name][s].every((/** @type {number} */ x, /** @type {number} */ i) => x === changing[name][state][i]);
      const found = [];
      for (let s = 0; s < n; s++)
        if (!this.over[s] && CHANGING.every((name) => same(name, s))) found.push(s);
      return found;
    },
  };
}
/** @typedef {ReturnType<typeof unpackTask>} Task */

/** The states of an episode, without what follows its end. @param {ArrayLike<number>} path */
export function walkOf(path) {
  const states = Array.from(path), end = states.indexOf(-1);
  return end < 0 ? states : states.slice(0, end);
}

/** The return of a step: exact where it is known. @param {Step} step */
export const returnOf = (step) => step.returnExact ?? step.returnSampled;
