/**
 * What is said of a step: scores, chart, table, the sentence at the end, and the live region.
 *
 * @typedef {import("./state.mjs").State} State
 * @typedef {import("./data.mjs").Step} Step
 */
import { drawChart } from "./chart.mjs";
import { returnOf } from "./data.mjs";
import { escaped, find, setText } from "./elements.mjs";
import { counted, endingText, figure, percent, spokenText } from "./sentences.mjs";
import { lastStep, stepOf, taskNow } from "./state.mjs";

/** Show what belongs to the current step. */
export function showReadout(/** @type {State} */ state) {
  const { level, step } = state, text = spoken(state);
  find("step").value = step;
  find("step").setAttribute("aria-valuetext", text);
  setText("step-label", `Adaptation step ${step} of ${level.steps}`);
  find("back").disabled = step === 0;
  find("next").disabled = step === lastStep(state);
  setText("said", text);
  showScores(state);
  showChart(state);
  const isEnd = step === level.steps;
  find("ending").classList.toggle("quiet", !isEnd);
  if (state.asking) setText("ending", "Your answer comes first. Then the chart shows how it went on.");
  else setText("ending", isEnd ? ending(state) : `${text}.`.replaceAll(" percent", "%").replaceAll("minus ", "−"));
}

/** What a screen reader says of the current step. */
function spoken(/** @type {State} */ state) {
  const { many, agents } = state.level;
  const [watched, ...others] = state.runs.map((run, i) => {
    const own = stepOf(state, run);
    return { name: agents[i].name, episodes: own.episodes, score: many?.curves[i][state.step].mean ?? own.score };
  });
  return spokenText(watched, others) + (many ? `. These are means over ${counted(many.count, "level")}` : "");
}

/** How it ended: recorded runs in the words of Python. @returns {string} */
function ending(/** @type {State} */ { level, chosen, runs }) {
  if (level.many) return level.many.ending;
  const recorded = level.endings.find((/** @type {any} */ one) =>
    one.seed === chosen.seed && one.stepSize === chosen.stepSize && one.goal === chosen.goal);
  if (recorded && chosen.episodes === level.episodes) return recorded.text;
  return endingText(runs[0].steps, runs[level.scratch]?.steps ?? [], level);
}

/** Show the score above each board. */
function showScores(/** @type {State} */ state) {
  const steps = state.runs.map((run) => stepOf(state, run));
  const differ = steps.some((step) => step.episodes !== steps[0].episodes);
  steps.forEach((step, i) => {
    const before = state.level.agents[i].learned ? "meta-trained" : "not meta-trained";
    setText(`before-${i}`, differ ? `${before}, ${counted(step.episodes, "try", "tries")}` : before);
    setText(`score-${i}`, find("returns").checked ? figure(returnOf(step), 2) : percent(step.score));
  });
}

/** Draw the chart; without curves while a prediction is asked. */
export function showChart(/** @type {State} */ state) {
  const { level, runs } = state, { many } = level;
  const points = (/** @type {any[]} */ steps, score = (/** @type {any} */ step) => step.score ?? step.mean) =>
    steps.map((step) => /** @type {[number, number]} */ ([step.episodes, score(step)]));
  const curves = runs.map((run, index) => ({
    points: points(many?.curves[index] ?? run.steps),
    each: (many?.curves[index][0].scores ?? []).map((/** @type {number} */ _, /** @type {number} */ i) => points(many.curves[index], (step) => step.scores[i])),
    own: points(many?.own[index] ?? []),
    index,
  }));
  const returns = find("returns").checked ? taskNow(state) : null;
  const changes = level.changes.filter((/** @type {any} */ one) => runs[0].steps[one.step]).map(
    (/** @type {any} */ one) => ({ episodes: runs[0].steps[one.step].episodes, text: one.goal === null ? "amnesia" : "goal moved" }));
  const most = Math.max(1, ...curves.flatMap((one) => one.points.map(([episodes]) => episodes)));
  drawChart(find("chart"), state.asking ? [] : curves, { most, now: runs.map((run) => stepOf(state, run).episodes), returns, bayes: level.bayes, changes, spoken: spoken(state) });
  setText("unit-note", returns
    ? `Random policy ${figure(returns.random, 2)}, optimum ${figure(returns.optimal, 2)}.`
    : "0% is the random policy, 100% the optimum.");
}

/** Fill the table of all numbers, while it can be seen. */
export function showNumbers(/** @type {State} */ { level, runs }) {
  if (!find("numbers-card").open) return;
  const row = (/** @type {(string | number)[]} */ cells, head = false) =>
    `<tr>${cells.map((cell, i) => (head || !i ? `<th scope="${head ? "col" : "row"}">${cell}</th>` : `<td>${cell}</td>`)).join("")}</tr>`;
  const rows = runs.flatMap((run, i) => run.steps.map((step) => row([
    escaped(level.agents[i].name), step.step, step.episodes.toLocaleString("en"), step.envSteps.toLocaleString("en"), step.gradientSteps,
    figure(returnOf(step), 3), percent(step.score),
  ])));
  const head = row(["agent", "step", "episodes", "moves", "gradient steps", "return", "score"], true);
  find("numbers").innerHTML = `<caption>Every step of each agent</caption><thead>${head}</thead><tbody>${rows.join("")}</tbody>`;
}
