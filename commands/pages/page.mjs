/**
 * The page: its one state, what changes it, and what is shown after a change.
 */
import { clickedCell, drawBoards, makeBoards } from "./stage.mjs";
import { showChapter, showVerdict } from "./chapter.mjs";
import { bindControls, resetChoice, showChoice, showLegend, showLevel } from "./controls.mjs";
import { calm, dark, define, fillSelect, find, setText, theme } from "./elements.mjs";
import { adaptInPage } from "./live.mjs";
import { showChart, showNumbers, showReadout } from "./readout.mjs";
import { advanced, answered, arrived, atEpisode, atStep, chosenAnew, isComplete, isReady, openedLevel, played, tasksToChoose, withComputed, withOverlay, withSpeed } from "./state.mjs";
import { explainTerms } from "./terms.mjs";

const data = JSON.parse(find("data").textContent);
const look = () => ({ tiles: data.tiles, palette: data.palettes[theme()], hues: data.hues });

let state = openedLevel(data.levels[0], null);
let shown = state; // the state that texts and chart show
let boards = /** @type {import("./stage.mjs").Board[]} */ ([]);
let computing = /** @type {(() => void)[]} */ ([]); // ends what is being computed in the page
let isDirty = true; // whether the boards are to be drawn though nothing moves
let frames = 0; // drawn since the page was opened

/** Go on with another state, and show what has changed. */
function update(/** @type {import("./state.mjs").State} */ next) {
  state = next;
  show(state.step !== shown.step || state.runs !== shown.runs || state.asking !== shown.asking);
}

/** Show the state; `all` of it, or boards alone. */
function show(all = true) {
  shown = state;
  isDirty = true;
  setText("play", state.playing ? "Pause" : "Play");
  document.body.classList.toggle("asking", state.asking);
  if (!all || !isReady(state)) return;
  showReadout(state);
  showNumbers(state);
}

// --- levels and choices --------------------------------------------------------------------------

/** Show a level from its beginning. */
function openLevel(/** @type {number} */ index) {
  const level = data.levels[index], { chapter } = level;
  showLevel(level);
  showChapter(chapter, index, data.levels.length, answer);
  boards = makeBoards(level, onBoardClick);
  explainTerms(data.terms);
  showLegend(level, look());
  showChosen(openedLevel(level, state));
  if (chapter?.choice) state = played(state, false);
  if (chapter) update(atStep(state, chapter.step, true));
}

/** Go to a chapter before or after, and to its beginning on the page. */
function turn(/** @type {number} */ by) {
  const index = data.levels.indexOf(state.level) + by;
  find("level").value = index;
  openLevel(index);
  find("chapter-heading").scrollIntoView({ block: "nearest" });
}

/** Take an answer, and show what happens. */
function answer(/** @type {number} */ index) {
  showVerdict(state.level.chapter, index);
  update(answered(state, calm.matches));
}

/** Show what has been chosen, and compute what is not recorded of it. */
function showChosen(/** @type {import("./state.mjs").State} */ next) {
  for (const stop of computing) stop();
  showChoice(next);
  setText("computing", isReady(next) ? "" : "The agents are learning …");
  computing = next.runs.flatMap((run, i) => (run.steps.length ? [] : [compute(next, i)]));
  update(next);
}

/** Compute the run of an agent in the page. Return the function that ends it. */
function compute(/** @type {import("./state.mjs").State} */ { level, chosen }, /** @type {number} */ agent) {
  const goal = tasksToChoose(level).findIndex((/** @type {any} */ one) => one.goal === chosen.goal) - 1;
  const options = { episodes: chosen.episodes ?? undefined, stepSize: chosen.stepSize / level.stepSize, steps: level.steps, goal: goal < 0 ? null : goal };
  const job = { live: level.live, agent: level.agents[agent].name, options, seed: chosen.seed };
  return adaptInPage(find("live-module").textContent, job, (step) => {
    state = withComputed(state, agent, step); // the next frame shows it
  }, (error) => {
    if (error) setText("computing", `Nothing could be computed here (${error}). The recorded runs remain.`);
    else if (isComplete(state)) setText("computing", "Computed in this page: the same as Gridapt does.");
  });
}

/** Move the goal to a cell that was clicked, if it can be there; or take a board as an answer. */
function onBoardClick(/** @type {MouseEvent} */ event) {
  const { level, chosen } = state;
  const board = boards.findIndex(({ canvas }) => canvas === event.currentTarget);
  const chosenBoard = level.chapter?.choice?.boards.indexOf(board) ?? -1;
  if (chosenBoard >= 0) return answer(chosenBoard);
  if (state.asking) return;
  const cell = clickedCell(state, event);
  const found = tasksToChoose(level).find((/** @type {any} */ one) => one.goalCell === cell);
  if (found && found.goal !== chosen.goal) showChosen(chosenAnew(state, { goal: found.goal }));
}

// --- time ----------------------------------------------------------------------------------------

let before = 0; // when the last frame was drawn, in milliseconds

function frame(/** @type {number} */ now) {
  const elapsed = Math.min(now - before, 100) / 1000;
  before = now;
  requestAnimationFrame(frame);
  if (!isReady(state)) return;
  if (state.runs !== shown.runs) update(arrived(state));
  if (state.playing) update(advanced(state, elapsed, calm.matches));
  if (isDirty) draw();
}

function draw() {
  isDirty = false;
  frames++;
  drawBoards(boards, state, look());
}

// --- theme and print -----------------------------------------------------------------------------

function switchTheme() {
  document.documentElement.dataset.theme = theme() === "dark" ? "light" : "dark";
  showTheme();
}

function showTheme() {
  setText("theme", theme() === "dark" ? "Light theme" : "Dark theme");
  showLegend(state.level, look());
  isDirty = true;
}

/** Print on white paper with all numbers, and return to the screen afterwards. */
function beginPrint() {
  const { theme: own } = document.documentElement.dataset, { open } = find("numbers-card");
  document.documentElement.dataset.theme = "light";
  find("numbers-card").open = true;
  showNumbers(state);
  showTheme();
  draw();
  addEventListener("afterprint", () => {
    if (own) document.documentElement.dataset.theme = own;
    else delete document.documentElement.dataset.theme;
    find("numbers-card").open = open;
    showTheme();
  }, { once: true });
}

// --- start ---------------------------------------------------------------------------------------

bindControls({
  open: openLevel,
  turn,
  choose: (change) => showChosen(chosenAnew(state, change)),
  reset: () => showChosen(chosenAnew(state, resetChoice(state))),
  newSeed: () => showChosen(chosenAnew(state, { seed: 1000 + Math.floor(Math.random() * 99000) })),
  play: () => update(played(state, !state.playing)),
  goTo: (step) => update(atStep(state, step)),
  go: (by) => update(atStep(state, state.step + by)),
  changeEpisode: (by) => update(atEpisode(state, state.episode + by)),
  changeSpeed: (by) => update(withSpeed(state, by)),
  toggle: (name, on) => {
    update(withOverlay(state, name, on));
    find(name).checked = state.overlays.has(name);
  },
  showAgain: () => show(),
  switchTheme,
});
fillSelect("level", data.levels.map((/** @type {any} */ { chapter, title }, /** @type {number} */ i) => [i, chapter ? `${chapter.place}: ${chapter.heading}` : title]));
setText("level-label", data.levels[0].chapter ? "Chapter" : "Level");
find("level-row").hidden = data.levels.length < 2;
define("terms", Object.entries(data.terms));
find("terms-card").hidden = !Object.keys(data.terms).length;
dark.addEventListener("change", showTheme);
addEventListener("beforeprint", beginPrint);
new ResizeObserver(() => isReady(state) && showChart(state)).observe(find("chart"));
new ResizeObserver(() => { isDirty = true; }).observe(find("boards"));
openLevel(0);
showTheme();
if (!calm.matches && !state.level.chapter) update(played(atStep(state, 0, false), true));
requestAnimationFrame(frame);

/** What tests and other scripts of a course may read. */
/** @type {any} */ (window).gridapt = {
  data,
  get at() { return state; },
  get chosen() { return state.chosen; },
  runs: () => state.runs,
  frames: () => frames,
};
