/**
 * The controls of the page: what they offer, and what they and the keys do.
 *
 * @typedef {import("./state.mjs").State} State
 *
 * @typedef {object} Actions what controls can do, of `page.mjs`
 * @property {(index: number) => void} open a level
 * @property {(by: number) => void} turn to a chapter before or after
 * @property {(change: Partial<import("./state.mjs").Choice>) => void} choose
 * @property {() => void} reset the choice to a recorded run
 * @property {() => void} newSeed
 * @property {() => void} play or pause
 * @property {(step: number) => void} goTo
 * @property {(by: number) => void} go on or back by steps
 * @property {(by: number) => void} changeEpisode
 * @property {(by: number) => void} changeSpeed
 * @property {(name: string, on?: boolean) => void} toggle an overlay
 * @property {() => void} showAgain after another unit or table
 * @property {() => void} switchTheme
 */
import { drawTile } from "./board.mjs";
import { BAYES_SAMPLE, lineSample } from "./chart.mjs";
import { define, escaped, fillSelect, find, offer, setText } from "./elements.mjs";
import { agentText, counted, introText, ledeText, liveText, placeText, sizeText } from "./sentences.mjs";
import { hasRuns, recordedChoice, tasksToChoose } from "./state.mjs";

// --- of a level ----------------------------------------------------------------------------------

/** Show what belongs to a level as a whole. */
export function showLevel(/** @type {any} */ level) {
  const { chapter, many, author, pack, title } = level;
  find("live").hidden = !level.live;
  find("optimum").parentElement.hidden = Boolean(level.world); // as in the window, for mazes alone
  setText("chart-what", many ? `How good the agent is on average on ${counted(many.count, "level")}` : "How good the agent is");
  find("try-card").hidden = !hasChoices(level);
  find("returns-label").hidden = Boolean(many) || level.changes.some((/** @type {any} */ one) => one.goal !== null); // as bounds differ
  if (find("returns-label").hidden) find("returns").checked = false;
  if (!chapter) setText("title", title);
  find("byline").hidden = find("lede").hidden = Boolean(chapter);
  setText("byline", [author && `by ${author}`, pack !== title && pack].filter(Boolean).join(" · "));
  setText("lede", ledeText(level));
  setText("intro", introText(level));
  setText("live-agents", liveText(level));
  find("step").max = level.steps;
  fillChoices(level);
  define("agents", level.agents.map((/** @type {any} */ one) => [one.name, agentText(one)]));
  const keys = level.agents.map((/** @type {any} */ one, /** @type {number} */ i) =>
    `<li style="color:var(--texts-${i})">${lineSample(i)}${escaped(one.name)}</li>`);
  if (level.bayes !== null) keys.push(`<li class="quiet">${BAYES_SAMPLE}<span data-term="Bayes bound">Bayes bound</span></li>`);
  find("key").innerHTML = keys.join("");
}

/** Whether there is anything to choose. */
const hasChoices = (/** @type {any} */ level) =>
  Boolean(level.live) || [level.seeds, level.stepSizes, tasksToChoose(level)].some((one) => one.length > 1);

function fillChoices(/** @type {any} */ level) {
  fillSelect("seed", level.seeds.map((/** @type {number} */ seed) => [seed, `${seed}`]));
  fillSelect("size", level.stepSizes.map((/** @type {number} */ size) => [size, sizeText(size)]));
  fillSelect("goal", tasksToChoose(level).map((/** @type {any} */ one, /** @type {number} */ i) =>
    [one.goal ?? "", i === 0 ? "where the level has it" : placeText(one)]));
  find("goal-field").hidden = find("goal").disabled;
}

/** Fill the legend with pictures of tiles. */
export function showLegend(/** @type {any} */ level, /** @type {import("./board.mjs").Look} */ look) {
  const entries = level.legend.map((/** @type {any} */ { text, tile, thing }) =>
    legendEntry(text, (g, side) => drawTile(g, tile, side, look, level.hiddenGoal, false, thing)));
  if (tasksToChoose(level).length > 1)
    entries.push(legendEntry("a click moves the goal here", (g, side) => drawTile(g, ".", side, look, false, true)));
  find("legend").replaceChildren(...entries);
}

/** An entry of the legend, with a picture of `side` pixels. */
function legendEntry(/** @type {string} */ text, /** @type {(g: CanvasRenderingContext2D, side: number) => void} */ draw) {
  const item = document.createElement("li"), canvas = document.createElement("canvas");
  canvas.width = canvas.height = Math.round(20 * devicePixelRatio);
  canvas.setAttribute("aria-hidden", "true");
  draw(/** @type {any} */ (canvas.getContext("2d")), canvas.width);
  item.append(canvas, text);
  return item;
}

// --- of a choice ---------------------------------------------------------------------------------

/** Show what is chosen in its controls, and which agents do not follow it. */
export function showChoice(/** @type {State} */ { level, chosen, runs }) {
  const { seed, stepSize, goal } = chosen, own = recordedChoice(level);
  const able = level.agents.find((/** @type {any} */ one) => level.live?.agents[one.name]) ?? level.agents[0];
  const episodes = chosen.episodes ?? able.episodes;
  offer("seed", seed, `${seed}`);
  offer("size", stepSize, sizeText(stepSize));
  find("goal").value = goal ?? "";
  find("factor").value = Math.log10(stepSize);
  setText("factor-text", sizeText(stepSize));
  find("factor").setAttribute("aria-valuetext", sizeText(stepSize));
  find("episodes").value = episodes;
  setText("episodes-text", `${episodes}`);
  find("reset").hidden = chosen.episodes === own.episodes && level.seeds.includes(seed) && level.stepSizes.includes(stepSize);
  const fixed = level.agents.filter((/** @type {any} */ one) => !one.byGradients).map((/** @type {any} */ one) => one.name);
  const kept = runs.filter((run) => run.steps.length && (run.seed !== seed || chosen.episodes !== own.episodes));
  const notes = kept.map((run) => `${run.agent}: recorded with seed ${run.seed}.`);
  if (stepSize !== level.stepSize && fixed.length) notes.push(`${fixed.join(", ")}: no step size, so nothing changes there.`);
  setText("size-note", notes.join(" "));
}

/** The choice of a recorded run, with the goal where it is if there are runs of that. */
export const resetChoice = (/** @type {State} */ { level, chosen }) =>
  ({ ...recordedChoice(level), goal: hasRuns(level, chosen.goal) ? chosen.goal : null });

// --- what they do --------------------------------------------------------------------------------

/** Let controls and keys act. */
export function bindControls(/** @type {Actions} */ actions) {
  const on = (/** @type {string} */ id, /** @type {string} */ event, /** @type {(element: any) => void} */ act) =>
    find(id).addEventListener(event, () => act(find(id)));
  on("chapter-back", "click", () => actions.turn(-1));
  on("chapter-next", "click", () => actions.turn(1));
  on("level", "change", ({ value }) => actions.open(Number(value)));
  on("play", "click", actions.play);
  on("back", "click", () => actions.go(-1));
  on("next", "click", () => actions.go(1));
  on("step", "input", ({ value }) => actions.goTo(Number(value)));
  on("seed", "change", ({ value }) => actions.choose({ seed: Number(value) }));
  on("size", "change", ({ value }) => actions.choose({ stepSize: Number(value) }));
  on("goal", "change", ({ value }) => actions.choose({ goal: value === "" ? null : Number(value) }));
  for (const name of ["policy", "visits", "optimum"]) on(name, "change", ({ checked }) => actions.toggle(name, checked));
  on("new-seed", "click", actions.newSeed);
  on("reset", "click", actions.reset);
  on("factor", "input", ({ value }) => actions.choose({ stepSize: Number((10 ** Number(value)).toPrecision(2)) }));
  on("episodes", "input", ({ value }) => actions.choose({ episodes: Number(value) }));
  on("numbers-card", "toggle", actions.showAgain);
  on("returns", "change", actions.showAgain);
  on("theme", "click", actions.switchTheme);
  const keys = keyActions(actions);
  addEventListener("keydown", (event) => onKey(event, keys));
}

/** @returns {Record<string, () => void>} */
const keyActions = (/** @type {Actions} */ actions) => ({
  " ": actions.play,
  ArrowLeft: () => actions.go(-1),
  ArrowRight: () => actions.go(1),
  ArrowUp: () => actions.changeEpisode(-1),
  ArrowDown: () => actions.changeEpisode(1),
  Home: () => actions.goTo(0),
  "-": () => actions.changeSpeed(-1),
  "+": () => actions.changeSpeed(1),
  "=": () => actions.changeSpeed(1),
  p: () => actions.toggle("policy"),
  h: () => actions.toggle("visits"),
  o: () => actions.toggle("optimum"),
  r: () => find("live").hidden || actions.newSeed(),
  y: () => find("returns-label").hidden || find("returns").click(),
  t: actions.switchTheme,
});

/** A key of the page, unless the element in focus has a use for it itself. */
function onKey(/** @type {KeyboardEvent} */ event, /** @type {Record<string, () => void>} */ keys) {
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  const focus = /** @type {HTMLElement} */ (event.target), name = focus.tagName;
  if (document.body.classList.contains("asking")) return;
  const moves = event.key.length > 1 || event.key === " ";
  if (name === "SELECT" || (moves && (name === "INPUT" || (event.key === " " && ["BUTTON", "SUMMARY"].includes(name))))) return;
  if (moves && focus.closest(".scroll")) return;
  const act = keys[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  if (!act) return;
  event.preventDefault();
  act();
}
