/**
 * The state of the page and its changes: pure functions, each from one state to another.
 *
 * @typedef {import("./data.mjs").Run} Run
 * @typedef {import("./data.mjs").Step} Step
 *
 * @typedef {object} Choice
 * @property {number} seed
 * @property {number} stepSize
 * @property {number | null} goal the cell of the moved goal; null: where the level has it
 * @property {number | null} episodes in each step; null: the agents' own number
 *
 * @typedef {object} State
 * @property {any} level
 * @property {Choice} chosen
 * @property {Run[]} runs of the level's agents, without steps as long as nothing is computed
 * @property {number} step
 * @property {number} episode of those that are kept of the step
 * @property {number} clock seconds since the beginning of the episode, at normal speed
 * @property {number | null} wanted a step to show as soon as it is computed
 * @property {boolean} asking whether something is asked, before curves are shown
 * @property {boolean} playing
 * @property {number} speed place in `SPEEDS`
 * @property {ReadonlySet<string>} overlays
 */
import { unpackRun, unpackTask, walkOf } from "./data.mjs";

export const SPEEDS = [0.25, 0.5, 1, 2, 4, 8];
const NORMAL = SPEEDS.indexOf(1);
const MOVES_PER_SECOND = 14, LONGEST = 2.2; // of an episode, in seconds at normal speed
const PAUSE = 0.35; // seconds between two episodes
const EPISODES_PLAYED = 2; // of each step, while playing
const STILL = 1.4; // seconds per step with reduced motion

const within = (/** @type {number} */ x, /** @type {number} */ low, /** @type {number} */ high) => Math.min(Math.max(x, low), high);

// --- what is chosen ------------------------------------------------------------------------------

/** A level from its beginning, with its first recorded run. `before` is the state to go on from. */
export function openedLevel(/** @type {any} */ level, /** @type {State | null} */ before) {
  const { playing = false, speed = NORMAL, overlays = /** @type {ReadonlySet<string>} */ (new Set()) } = before ?? {};
  const asking = Boolean(level.chapter?.choice && level.chapter.step === 0); // else it is about the finished chart
  const state = { level, runs: [], asking, step: 0, episode: 0, clock: 0, wanted: null, playing, speed, overlays };
  return chosenAnew({ ...state, chosen: recordedChoice(level) }, {});
}

/** An answer has been given: play to the last step, of which the verdict tells; with reduced motion, show it. @returns {State} */
export function answered(/** @type {State} */ state, /** @type {boolean} */ isCalm) {
  if (!state.asking) return state;
  const next = { ...state, asking: false };
  return isCalm ? atStep(next, state.level.steps, true) : played(next, true);
}

/** The choices of the first recorded run. @returns {Choice} */
export const recordedChoice = (/** @type {any} */ level) => ({ seed: level.seeds[0], stepSize: level.stepSize, goal: null, episodes: level.episodes });

/**
 * Another choice, with the runs that are recorded of it. Where all are, the step stays the same;
 * after another goal, and while playing, runs are shown from the beginning.
 *
 * @param {State} state
 * @param {Partial<Choice>} change
 * @returns {State}
 */
export function chosenAnew(state, change) {
  const chosen = { ...state.chosen, ...change };
  const runs = state.level.agents.map((/** @type {any} */ agent) => recordedRun(state.level, chosen, agent) ?? { agent: agent.name, ...chosen, steps: [] });
  const wanted = state.playing || change.goal !== undefined ? 0 : state.step;
  return arrived({ ...state, chosen, runs, step: 0, episode: 0, clock: 0, wanted });
}

/**
 * The recorded run of an agent that fits what is chosen; for an agent that cannot adapt in the page
 * the one that fits best.
 *
 * @param {any} level
 * @param {Choice} chosen
 * @param {any} agent
 * @returns {Run | undefined}
 */
function recordedRun(level, chosen, agent) {
  const size = agent.byGradients ? chosen.stepSize : level.stepSize;
  const own = level.runs.filter((/** @type {any} */ run) => run.agent === agent.name);
  const fits = (/** @type {any} */ run) => run.seed === chosen.seed && run.stepSize === size && chosen.episodes === level.episodes;
  const there = own.filter((/** @type {any} */ run) => run.goal === chosen.goal);
  const isLive = Boolean(level.live?.agents[agent.name]);
  const found = there.find(fits) ?? (isLive ? undefined : there[0] ?? own[0]);
  return found && unpackRun(found, level.actions);
}

/** A step of an agent that has been computed. @returns {State} */
export function withComputed(/** @type {State} */ state, /** @type {number} */ agent, /** @type {Step} */ step) {
  const runs = state.runs.map((run, i) => (i === agent ? { ...run, steps: [...run.steps, step] } : run));
  return { ...state, runs };
}

/** Go to the wanted step, or as near as is computed. @returns {State} */
export function arrived(/** @type {State} */ state) {
  const { wanted } = state;
  if (wanted === null || !isReady(state)) return state;
  const next = atStep(state, wanted);
  return next.step < Math.min(wanted, state.level.steps) ? { ...next, wanted } : next;
}

/** Whether there is something to show of each agent. */
export const isReady = (/** @type {State} */ { runs }) => runs.every((run) => run.steps.length > 0);

/** Whether all steps of all agents are there. */
export const isComplete = (/** @type {State} */ { runs, level }) => runs.every((run) => run.steps.length > level.steps);

// --- where it is ---------------------------------------------------------------------------------

/** The last step that is there. */
export const lastStep = (/** @type {State} */ { runs }) => runs[0].steps.length - 1;

/** The step of an agent that is shown; the last one of an agent that has fewer. */
export const stepOf = (/** @type {State} */ { step }, /** @type {Run} */ run) => run.steps[Math.min(step, run.steps.length - 1)];

/** The number of episodes that are kept of the current step. */
export const episodesKept = (/** @type {State} */ state) => Math.max(1, ...state.runs.map((run) => stepOf(state, run).paths.length));

/** @type {WeakMap<object, number[]>} */
const walks = new WeakMap();

/** The states of an episode, without what follows its end. */
export function statesOf(/** @type {ArrayLike<number>} */ path) {
  if (!walks.has(path)) walks.set(path, walkOf(path));
  return /** @type {number[]} */ (walks.get(path));
}

/** The states of an agent's current episode. */
export function walk(/** @type {State} */ state, /** @type {Run} */ run) {
  const { paths } = stepOf(state, run);
  return statesOf(paths[Math.min(state.episode, paths.length - 1)] ?? []);
}

/** Seconds that an agent's current episode takes at normal speed. */
export const secondsOf = (/** @type {State} */ state, /** @type {Run} */ run) => Math.min((walk(state, run).length - 1) / MOVES_PER_SECOND, LONGEST);

/** Seconds until the last agent has finished its episode. */
const duration = (/** @type {State} */ state) => Math.max(0, ...state.runs.map((run) => secondsOf(state, run)));

/** Where the goal is at the current step, after the changes up to it. @returns {number | null} */
export const goalNow = (/** @type {State} */ { level, step, chosen }) => level.changes.reduce(
  (/** @type {number | null} */ goal, /** @type {any} */ one) => (one.step <= step ? one.goal ?? goal : goal), chosen.goal);

/** @type {WeakMap<object, import("./data.mjs").Task>} */
const tasks = new WeakMap();

/** The task that is shown. @returns {import("./data.mjs").Task} */
export function taskNow(/** @type {State} */ state) {
  const goal = goalNow(state), packed = state.level.tasks.find((/** @type {any} */ one) => one.goal === goal);
  if (!tasks.has(packed)) tasks.set(packed, unpackTask(packed));
  return /** @type {any} */ (tasks.get(packed));
}

/** The tasks to choose from, which differ in the goal: those with recorded runs, or all if live. */
export const tasksToChoose = (/** @type {any} */ level) =>
  level.tasks.filter((/** @type {any} */ task) => level.live || hasRuns(level, task.goal));

/** Whether runs with the goal there are recorded. */
export const hasRuns = (/** @type {any} */ level, /** @type {number | null} */ goal) => level.runs.some((/** @type {any} */ run) => run.goal === goal);

// --- time ----------------------------------------------------------------------------------------

/** The beginning of a step, or with `finished` the end of its episodes. @returns {State} */
export function atStep(/** @type {State} */ state, /** @type {number} */ step, finished = !state.playing) {
  if (!isReady(state)) return state;
  const next = { ...state, step: within(step, 0, lastStep(state)), episode: 0, clock: 0, wanted: null };
  return finished ? atEpisode(next, episodesKept(next) - 1, true) : next;
}

/** One of the step's episodes, at its end if nothing is played. @returns {State} */
export function atEpisode(/** @type {State} */ state, /** @type {number} */ episode, finished = !state.playing) {
  if (!isReady(state)) return state;
  const next = { ...state, episode: within(episode, 0, episodesKept(state) - 1), clock: 0 };
  return finished ? { ...next, clock: duration(next) } : next;
}

/** Play or pause; at the end, play from the beginning. @returns {State} */
export function played(/** @type {State} */ state, /** @type {boolean} */ on) {
  const next = { ...state, playing: on };
  if (!on || !isReady(state)) return next;
  const hasEnded = state.step === state.level.steps && state.clock >= duration(state);
  return hasEnded ? atStep(next, 0) : { ...next, episode: 0, clock: 0 };
}

/** Let seconds pass while playing. @returns {State} */
export function advanced(/** @type {State} */ state, /** @type {number} */ elapsed, /** @type {boolean} */ isCalm) {
  const next = { ...state, clock: state.clock + elapsed * SPEEDS[state.speed] };
  if (next.clock - duration(next) < (isCalm ? STILL : PAUSE)) return next;
  const episode = next.episode + 1;
  if (!isCalm && episode < Math.min(EPISODES_PLAYED, episodesKept(next))) return atEpisode(next, episode);
  if (next.step < lastStep(next)) return atStep(next, next.step + 1, isCalm);
  const isEnd = next.step >= next.level.steps; // else the next step is being computed
  return isEnd ? atStep({ ...next, playing: false }, next.step) : next;
}

/** Faster or slower. @returns {State} */
export const withSpeed = (/** @type {State} */ state, /** @type {number} */ by) => ({ ...state, speed: within(state.speed + by, 0, SPEEDS.length - 1) });

/** An overlay on or off. @returns {State} */
export function withOverlay(/** @type {State} */ state, /** @type {string} */ name, on = !state.overlays.has(name)) {
  const others = [...state.overlays].filter((one) => one !== name);
  return { ...state, overlays: new Set(on ? [...others, name] : others) };
}
