/**
 * Numbers and sentences of the page, in the words of the window.
 */

/** A number with a true minus sign. */
export const figure = (/** @type {number} */ x, digits = 0) => {
  const text = x.toFixed(digits);
  return (Number(text) === 0 ? text.replace("-", "") : text).replace("-", "−");
};

/** A whole number; halves become even ones, as in Python. */
const rounded = (/** @type {number} */ x) => (Math.abs(x % 1) === 0.5 ? 2 * Math.round(x / 2) : Math.round(x)) || 0;

/** A score as a percentage: `percentage` in game/text/percentage.py. */
export const percent = (/** @type {number} */ score) => `${rounded(100 * score).toLocaleString("en")}%`.replace("-", "−");

/** A number of something. */
export const counted = (/** @type {number} */ n, /** @type {string} */ one, many = `${one}s`) =>
  `${n.toLocaleString("en")} ${n === 1 ? one : many}`;

/** A factor of the agents' own step sizes. */
export const sizeText = (/** @type {number} */ size) => (size === 1 ? "the agent's own" : `${Number(size.toPrecision(2))} × its own`);

/** The place of a task's goal. */
export function placeText(/** @type {any} */ { goalCell, rows }) {
  const width = rows[0].length;
  return `row ${Math.floor(goalCell / width) + 1}, column ${(goalCell % width) + 1}`;
}

/** Say what the reader is about to see. */
export function ledeText(/** @type {any} */ { agents, scratch }) {
  const { learned, seen } = agents[0];
  if (!learned) return "An agent learns a level from scratch, by trying.";
  const what = seen ? "An agent adapts to a level of its own training" : "An agent learns a level that it has never seen";
  return `${what}${scratch === null ? ", by trying" : ", beside one that starts from scratch"}.`;
}

/** Say what the agents have learned before, what is hidden, and what happens meanwhile. */
export function introText(/** @type {any} */ { chapter, agents, hidden, changes, many, notLive }) {
  const learned = chapter ? [] : agents.filter((/** @type {any} */ one) => one.learned).map(trainingText);
  return [...learned, hidden, ...changes.map(changeText), many && manyText(many), !chapter && notLive].filter(Boolean).join(" ");
}

/** Which agents adapt in the page. */
export function liveText(/** @type {any} */ { agents, live }) {
  const able = agents.map((/** @type {any} */ one) => one.name).filter((/** @type {string} */ name) => live?.agents[name]);
  return able.length === agents.length ? "the agents" : able.join(" and ");
}

/** What an agent has learned before. */
const trainingText = (/** @type {any} */ { training, name, pack }) =>
  training.replace(/^It /, `${name} `).replace(/\.$/, pack ? ` (${pack}).` : ".");

/** What happens to the task meanwhile. */
const changeText = (/** @type {any} */ { step, goal }) =>
  goal === null ? `At step ${step} the agents forget all that they have learned here.` : `At step ${step} the goal moves.`;

/** What is shown of many levels. */
const manyText = (/** @type {any} */ { count, own }) =>
  `The board shows one of ${counted(count, "level")}, the chart their mean and, thin, each of them.${own.length ? " The wide pale line has the agent's own settings." : ""}`;

/** Say what an agent is: what it does, what it has learned, and what is to be known of it. */
export function agentText(/** @type {any} */ { about, training, note }) {
  const capital = (/** @type {string} */ text) => text && `${text[0].toUpperCase()}${text.slice(1)}`;
  return `${[capital(about), training.replace(/\.$/, ""), capital(note)].filter(Boolean).join(". ")}.`;
}

/**
 * What a screen reader says of a step: "After 20 episodes: 83 percent".
 * @param {{score: number, episodes: number}} step of the watched agent
 * @param {{name: string, score: number, episodes: number}[]} others at the same step
 */
export function spokenText(step, others) {
  const of = (/** @type {number} */ score) => percent(score).replace("−", "minus ").replace("%", " percent");
  const rest = others.map(({ name, score, episodes }) =>
    `; ${name}${episodes === step.episodes ? "" : ` after ${counted(episodes, "episode")}`}: ${of(score)}`).join("");
  const when = step.episodes ? `After ${counted(step.episodes, "episode")}` : "Before adaptation";
  return `${when}: ${of(step.score)}${rest}`;
}

/** After how many tries. */
const whenText = (/** @type {number} */ tries) => (tries ? `after ${counted(tries, "try", "tries")}` : "before adaptation");

/**
 * How runs ended that were computed in the page: `ending_sentence` in game/session/ending.py, for
 * tasks that do not change. Recorded runs have the sentence of Python.
 *
 * @param {{score: number, episodes: number}[]} watched the steps of the watched agent
 * @param {{score: number, episodes: number}[]} scratch the steps from scratch, if there are any
 * @param {{harm: number, training: string}} level
 */
export function endingText(watched, scratch, { harm, training }) {
  const [before, after] = [watched[0], watched[watched.length - 1]];
  let text = `${percent(after.score)} ${whenText(after.episodes)}`;
  if (after.score < before.score - harm) text += `, worse than before (${percent(before.score)})`;
  if (scratch.length) {
    const distance = (/** @type {{episodes: number}} */ step) => Math.abs(step.episodes - after.episodes);
    const fair = scratch.reduce((best, step) => (distance(step) < distance(best) ? step : best));
    text += `; from scratch ${percent(fair.score)}${distance(fair) ? ` ${whenText(fair.episodes)}` : ""}`;
    if (fair.score > after.score + harm) text += ", which is better";
  }
  return `${text}. ${training}`;
}
