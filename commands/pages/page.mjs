/**
 * The page: what is chosen, what is shown of it, and what the controls do.
 */
import { MOVES, css, drawAgent, drawGround, drawOptimum, drawPolicy, drawQuestion, drawThings, drawTile, drawTrail, drawVisits } from "./board.mjs";
import { counted, figure, percent, returnOf, spoken, unpackRun, unpackTask, walkOf } from "./data.mjs";
import { BAYES_SAMPLE, drawChart, lineSample } from "./chart.mjs";
import { adaptInPage } from "./live.mjs";

const MOVES_PER_SECOND = 14, LONGEST = 2.2; // of an episode, in seconds at normal speed
const PAUSE = 0.35; // seconds between two episodes
const EPISODES_PLAYED = 2; // of each step, while playing
const STILL = 1.4; // seconds per step with reduced motion
const HARM = 0.02; // loss of score from which on adaptation has made an agent worse
const SPEEDS = [0.25, 0.5, 1, 2, 4, 8];

const find = (/** @type {string} */ id) => /** @type {any} */ (document.getElementById(id));
const data = JSON.parse(find("data").textContent);
const calm = matchMedia("(prefers-reduced-motion: reduce)");
const dark = matchMedia("(prefers-color-scheme: dark)");

/** @type {import("./data.mjs").Run[]} */
let runs = []; // of the agents of the level, with what is chosen
/** @type {any} */
let level;
/** @type {Map<number | null, any>} */
let tasks = new Map(); // by the place of the goal, as they are in the data
/** @type {WeakMap<object, import("./data.mjs").Task>} */
const unpackedTasks = new WeakMap();
let overlays = new Set(/** @type {string[]} */ ([]));
const chosen = {
  seed: 0, stepSize: 1, goal: /** @type {number | null} */ (null),
  episodes: /** @type {number | null} */ (null), // in each step; null: the agents' own number
};
/** @type {(() => void)[]} */
let computing = []; // ends what is being computed in the page
const at = { step: 0, episode: 0, clock: 0, playing: false, speed: 2 };
let frames = 0; // drawn since the page was opened

// --- what is chosen ------------------------------------------------------------------------------

/** Show another level from its beginning. */
function openLevel(/** @type {number} */ index) {
  level = data.levels[index];
  tasks = new Map(level.tasks.filter((/** @type {any} */ task) => level.live || hasRuns(task.goal)).map((/** @type {any} */ task) => [task.goal, task]));
  at.step = 0;
  find("live").hidden = !level.live;
  find("chart-what").textContent = level.many ? `How good the agent is on average on ${counted(level.many.count, "level")}` : "How good the agent is";
  find("try-card").hidden = !hasChoices();
  find("returns-label").hidden = Boolean(level.many) || level.changes.some((/** @type {any} */ one) => one.goal !== null); // as bounds differ
  if (find("returns-label").hidden) find("returns").checked = false;
  if (!level.chapter) find("title").textContent = level.title;
  find("byline").hidden = find("lede").hidden = Boolean(level.chapter);
  find("byline").textContent = [level.author && `by ${level.author}`, level.pack !== level.title && level.pack].filter(Boolean).join(" · ");
  find("lede").textContent = lede();
  find("intro").textContent = [...(level.chapter ? [] : level.agents.filter((/** @type {any} */ one) => one.learned).map(trainingOf)), level.hidden, ...level.changes.map(changeText), level.many && manyText(level.many)].filter(Boolean).join(" ");
  fillChoices();
  fillAgents();
  makeBoards();
  fillLegend();
  choose(recorded());
  openChapter(index);
}

/** Say what a chapter of the tour says. A prediction is asked before anything else is shown. */
function openChapter(/** @type {number} */ index) {
  const { chapter } = level;
  for (const id of ["chapter", "chapter-back", "chapter-next"]) find(id).hidden = !chapter;
  document.body.classList.toggle("asking", false);
  if (!chapter) return;
  find("chapter-heading").textContent = chapter.heading;
  find("chapter-text").textContent = chapter.text;
  find("verdict").textContent = "";
  find("choice").hidden = !chapter.choice;
  find("chapter-back").disabled = index === 0;
  find("chapter-next").disabled = index === data.levels.length - 1;
  goTo(chapter.step, true);
  if (!chapter.choice) return;
  document.body.classList.toggle("asking", !chapter.question);
  play(false);
  find("question").textContent = chapter.choice.question;
  find("answers").replaceChildren(...chapter.choice.answers.map((/** @type {string} */ text, /** @type {number} */ i) => {
    const button = document.createElement("button");
    button.textContent = text;
    button.addEventListener("click", () => answer(i));
    return button;
  }));
}

/** Take an answer: say whether it is right, and why, and show what happens. */
function answer(/** @type {number} */ index) {
  const { right, reason, answers } = level.chapter.choice;
  [...find("answers").children].forEach((button, i) => button.setAttribute("aria-pressed", `${i === index}`));
  const verdict = right === null ? "" : index === right ? "Right. " : `Not so: ${answers[right]}. `;
  find("verdict").textContent = `${verdict}${reason}`;
  document.body.classList.remove("asking");
  if (!level.chapter.question && !calm.matches) play(true);
}

/** Go to another chapter, and to its beginning on the page. */
function turnTo(/** @type {number} */ index) {
  find("level").value = index;
  openLevel(index);
  find("chapter-heading").scrollIntoView({ block: "nearest" });
}

/** What the reader is about to see, in a sentence. */
function lede() {
  const { learned, seen } = level.agents[0];
  if (!learned) return "An agent learns a level from scratch, by trying.";
  const what = seen ? "An agent adapts to a level of its own training" : "An agent learns a level that it has never seen";
  return `${what}${level.scratch === null ? ", by trying" : ", beside one that starts from scratch"}.`;
}

/** What is shown of many levels. */
const manyText = (/** @type {any} */ { count, own }) =>
  `The board shows one of ${counted(count, "level")}, the chart their mean and, thin, each of them.${own.length ? " The wide pale line has the agent's own settings." : ""}`;

/** What happens to the task meanwhile, in a sentence. */
const changeText = (/** @type {any} */ { step, goal }) =>
  goal === null ? `At step ${step} the agents forget all that they have learned here.` : `At step ${step} the goal moves.`;

/** What an agent has learned before, in a sentence. */
const trainingOf = (/** @type {any} */ agent) =>
  agent.training.replace(/^It /, `${agent.name} `).replace(/\.$/, agent.pack ? ` (${agent.pack}).` : ".");

/** The choices of the first recorded run. */
const recorded = () => ({ seed: level.seeds[0], stepSize: level.stepSize, goal: null, episodes: level.episodes });

/** Change what is chosen, and show it from its beginning. */
function choose(/** @type {Partial<typeof chosen>} */ change) {
  Object.assign(chosen, change);
  for (const stop of computing) stop();
  [computing, wanted, arrived] = [[], at.step, ""];
  runs = level.agents.map((/** @type {any} */ agent) => recordedRun(agent) ?? emptyRun(agent));
  showChoices();
  const waiting = runs.filter((run) => !run.steps.length).length;
  find("computing").textContent = waiting ? "The agents are learning …" : "";
  runs.forEach((run) => run.steps.length || compute(run));
  find("step").max = level.steps;
  if (at.playing || change.goal !== undefined) wanted = 0;
  if (!waiting) showFrom(wanted);
}

let wanted = 0; // the step to show of what has been chosen, once it is there

/** Show runs that have just been chosen, from a step on. */
function showFrom(/** @type {number} */ step) {
  goTo(step);
  numbers();
}

let arrived = /** @type {"" | "first" | "more"} */ (""); // what has been computed since the last frame

/** Show the steps that have been computed since the last frame. */
function showComputed() {
  const isFirst = arrived === "first";
  arrived = "";
  if (isFirst || at.step < wanted) goTo(wanted);
  else showStep();
  numbers();
}

/**
 * The recorded run of an agent that fits what is chosen; for an agent that cannot adapt in the page
 * the one that fits best.
 */
function recordedRun(/** @type {any} */ agent) {
  const size = agent.byGradients ? chosen.stepSize : level.stepSize;
  const own = level.runs.filter((/** @type {any} */ run) => run.agent === agent.name);
  const fits = (/** @type {any} */ run) => run.seed === chosen.seed && run.stepSize === size && chosen.episodes === level.episodes;
  const there = own.filter((/** @type {any} */ run) => run.goal === chosen.goal);
  const found = there.find(fits) ?? (isLive(agent) ? undefined : there[0] ?? own[0]);
  return found && unpackRun(found);
}

const isLive = (/** @type {any} */ agent) => Boolean(level.live?.agents[agent.name]);

/** A run that is to be computed. */
const emptyRun = (/** @type {any} */ agent) => ({ agent: agent.name, ...chosen, steps: /** @type {any[]} */ ([]) });

/** Compute a run in the page. */
function compute(/** @type {import("./data.mjs").Run} */ run) {
  const goal = [...tasks.keys()].indexOf(chosen.goal) - 1;
  const job = {
    live: level.live,
    agent: run.agent,
    options: { episodes: chosen.episodes ?? undefined, stepSize: chosen.stepSize / level.stepSize, steps: level.steps, goal: goal < 0 ? null : goal },
    seed: chosen.seed,
  };
  computing.push(adaptInPage(find("live-module").textContent, job, (step) => {
    const isFirst = !runs.every((one) => one.steps.length);
    run.steps.push(step);
    if (runs.every((one) => one.steps.length)) arrived ||= isFirst ? "first" : "more";
  }, (error) => {
    const isDone = runs.every((one) => one.steps.length > level.steps);
    if (error) find("computing").textContent = `Nothing could be computed here (${error}). The recorded runs remain.`;
    else if (isDone) find("computing").textContent = "Computed in this page: the same as Gridapt does.";
  }));
}

/** Show what is chosen in its controls. */
function showChoices() {
  offer("seed", chosen.seed, `${chosen.seed}`);
  offer("size", chosen.stepSize, sizeText(chosen.stepSize));
  find("goal").value = chosen.goal ?? "";
  const episodes = chosen.episodes ?? level.agents[0].episodes;
  find("factor").value = Math.log10(chosen.stepSize);
  find("factor-text").textContent = sizeText(chosen.stepSize);
  find("factor").setAttribute("aria-valuetext", sizeText(chosen.stepSize));
  find("episodes").value = episodes;
  find("episodes-text").textContent = episodes;
  const own = recorded();
  find("reset").hidden = chosen.episodes === own.episodes && [["seed", "seeds"], ["stepSize", "stepSizes"]].every(
    ([one, all]) => level[all].includes(/** @type {any} */ (chosen)[one]));
  const fixed = level.agents.filter((/** @type {any} */ one) => !one.byGradients).map((/** @type {any} */ one) => one.name);
  const kept = runs.filter((run) => run.steps.length && (run.seed !== chosen.seed || chosen.episodes !== own.episodes));
  const notes = kept.map((run) => `${run.agent}: recorded with seed ${run.seed}.`);
  if (chosen.stepSize !== level.stepSize && fixed.length) notes.push(`${fixed.join(", ")}: no step size, so nothing changes there.`);
  find("size-note").textContent = notes.join(" ");
}

/** Choose a value in a select element that may not have it yet. */
function offer(/** @type {string} */ id, /** @type {number} */ value, /** @type {string} */ text) {
  const select = find(id);
  if (![...select.options].some((one) => Number(one.value) === value)) select.add(new Option(text, `${value}`));
  select.value = value;
}

const sizeText = (/** @type {number} */ size) => (size === 1 ? "the agent's own" : `${Number(size.toPrecision(2))} × its own`);

/** Where the goal is at the current step, after the changes up to it. */
const goalNow = () => level.changes.reduce(
  (/** @type {number | null} */ goal, /** @type {any} */ one) => (one.step <= at.step ? one.goal ?? goal : goal), chosen.goal);

/** The task that is shown. @returns {import("./data.mjs").Task} */
function task() {
  const goal = goalNow(), packed = tasks.get(goal) ?? level.tasks.find((/** @type {any} */ one) => one.goal === goal);
  if (!unpackedTasks.has(packed)) unpackedTasks.set(packed, unpackTask(packed));
  return /** @type {any} */ (unpackedTasks.get(packed));
}

/** The step of an agent that is shown; the last one of an agent that has fewer. */
const stepOf = (/** @type {import("./data.mjs").Run} */ run) => run.steps[Math.min(at.step, run.steps.length - 1)];

// --- time ----------------------------------------------------------------------------------------

/** Show the beginning of a step, or with `finished` the end of its episodes. */
function goTo(/** @type {number} */ step, finished = !at.playing) {
  at.step = Math.min(Math.max(step, 0), runs[0].steps.length - 1);
  at.episode = finished ? episodes() - 1 : 0;
  at.clock = finished ? duration() : 0;
  showStep();
}

/** The number of episodes that are kept of the current step. */
const episodes = () => Math.max(1, ...runs.map((run) => stepOf(run).paths.length));

/** The states of an agent's current episode. */
const walk = (/** @type {import("./data.mjs").Run} */ run) => {
  const { paths } = stepOf(run);
  return statesOf(paths[Math.min(at.episode, paths.length - 1)] ?? []);
};

/** @type {WeakMap<object, number[]>} */
const walked = new WeakMap();

/** The states of an episode, without what follows its end. */
function statesOf(/** @type {ArrayLike<number>} */ path) {
  if (!walked.has(path)) walked.set(path, walkOf(path));
  return /** @type {number[]} */ (walked.get(path));
}

/** Seconds that an agent's current episode takes at normal speed. */
const seconds = (/** @type {import("./data.mjs").Run} */ run) => Math.min((walk(run).length - 1) / MOVES_PER_SECOND, LONGEST);

/** Seconds until the last agent has finished its episode. */
const duration = () => Math.max(0, ...runs.map(seconds));

function play(/** @type {boolean} */ on) {
  const ended = at.step === level.steps && at.clock >= duration();
  at.playing = on;
  if (on && ended) goTo(0, false);
  else if (on) Object.assign(at, { episode: 0, clock: 0 });
  find("play").textContent = on ? "Pause" : "Play";
}

/** Let time pass while playing. */
function advance(/** @type {number} */ elapsed) {
  at.clock += elapsed * SPEEDS[at.speed];
  if (calm.matches) {
    if (at.clock - duration() < STILL) return;
  } else if (at.clock < duration() + PAUSE) return;
  else if (at.episode + 1 < Math.min(EPISODES_PLAYED, episodes())) {
    Object.assign(at, { episode: at.episode + 1, clock: 0 });
    return;
  }
  if (at.step + 1 >= runs[0].steps.length && at.step < level.steps) return; // it is being computed
  if (at.step >= level.steps) {
    play(false);
    goTo(at.step);
  } else goTo(at.step + 1, calm.matches);
}

let before = 0;
function frame(/** @type {number} */ now) {
  if (runs.some((run) => !run.steps.length)) return void requestAnimationFrame(frame);
  if (arrived) showComputed();
  if (at.playing) advance(Math.min(now - before, 100) / 1000);
  before = now;
  if (at.playing || dirty) drawBoards();
  requestAnimationFrame(frame);
}

let dirty = true; // whether the boards are to be drawn though nothing moves

// --- words and numbers ---------------------------------------------------------------------------

/** Show what belongs to the current step: texts, chart, and what a screen reader says. */
function showStep() {
  dirty = true;
  const [watched, ...others] = runs.map(stepOf);
  const score = (/** @type {number} */ i, /** @type {any} */ step) => level.many?.curves[i][at.step].mean ?? step.score;
  const mean = level.many ? `. These are means over ${counted(level.many.count, "level")}` : "";
  const text = spoken({ ...watched, score: score(0, watched) }, others.map((step, i) => ({ name: level.agents[i + 1].name, score: score(i + 1, step), episodes: step.episodes }))) + mean;
  find("step").value = at.step;
  find("step").setAttribute("aria-valuetext", text);
  find("step-label").textContent = `Adaptation step ${at.step} of ${level.steps}`;
  find("back").disabled = at.step === 0;
  find("next").disabled = at.step === runs[0].steps.length - 1;
  if (find("said").textContent !== text) find("said").textContent = text;
  const differ = runs.some((run) => stepOf(run).episodes !== watched.episodes);
  runs.forEach((run, i) => {
    const before = level.agents[i].learned ? "meta-trained" : "not meta-trained";
    find(`before-${i}`).textContent = differ ? `${before}, ${counted(stepOf(run).episodes, "try", "tries")}` : before;
    find(`score-${i}`).textContent = find("returns").checked ? figure(returnOf(stepOf(run)), 2) : percent(stepOf(run).score);
  });
  chart(text);
  const isEnd = at.step === level.steps;
  find("ending").classList.toggle("quiet", !isEnd);
  find("ending").textContent = isEnd ? ending() : `${text}.`.replaceAll(" percent", "%").replaceAll("minus ", "−");
}

function chart(text = find("step").getAttribute("aria-valuetext")) {
  const { many } = level;
  const points = (/** @type {any[]} */ steps, score = (/** @type {any} */ step) => step.score ?? step.mean) =>
    steps.map((step) => /** @type {[number, number]} */ ([step.episodes, score(step)]));
  const curves = runs.map((run, index) => ({
    name: level.agents[index].name,
    points: points(many?.curves[index] ?? run.steps),
    each: (many?.curves[index][0].scores ?? []).map((/** @type {number} */ _, /** @type {number} */ i) => points(many.curves[index], (step) => step.scores[i])),
    own: points(many?.own[index] ?? []),
    index,
  }));
  if (!runs[0]?.steps.length) return;
  const returns = find("returns").checked ? task() : null;
  const changes = level.changes.filter((/** @type {any} */ one) => runs[0].steps[one.step]).map(
    (/** @type {any} */ one) => ({ episodes: runs[0].steps[one.step].episodes, text: one.goal === null ? "amnesia" : "goal moved" }));
  drawChart(find("chart"), curves, { now: runs.map((run) => stepOf(run).episodes), returns, bayes: level.bayes, changes, spoken: text });
  find("unit-note").textContent = returns
    ? `Random policy ${figure(returns.random, 2)}, optimum ${figure(returns.optimal, 2)}.`
    : "0% is the random policy, 100% the optimum.";
}

/** How it ended on many levels. */
function manyEnding() {
  const { count, curves, own } = level.many;
  const parts = curves.map((/** @type {any[]} */ steps, /** @type {number} */ i) => {
    const { mean, worse } = steps[steps.length - 1], usual = own[i]?.[own[i].length - 1];
    return `${level.agents[i].name} ${percent(mean)}${usual ? ` (${percent(usual.mean)} with its own settings)` : ""}${worse ? `, worse than before on ${worse}` : ""}`;
  });
  return `Mean over ${counted(count, "level")}: ${parts.join("; ")}.`;
}

/** How it ended, in the words of game/session/ending.py. */
function ending() {
  if (level.many) return manyEnding();
  const { random, optimal } = task(), scratch = runs[level.scratch];
  if (optimal - random <= 1e-12) return "Nothing to learn here: the random policy is as good as the optimum.";
  const { steps } = runs[0], last = steps[steps.length - 1], { score } = last;
  const since = Math.min(Math.max(0, ...level.changes.map((/** @type {any} */ one) => one.step)), steps.length - 1);
  const tries = (/** @type {import("./data.mjs").Run} */ run, /** @type {import("./data.mjs").Step} */ step) =>
    step.episodes - run.steps[Math.min(since, step.step)].episodes;
  const first = steps[since].score, episodes = tries(runs[0], last);
  const when = (/** @type {number} */ n) => (n ? `after ${counted(n, "try", "tries")}` : "before adaptation");
  let text = `${percent(score)} ${when(episodes)}`;
  if (level.changes.length) text += `, counted from the ${level.changes.reduce((/** @type {any} */ a, /** @type {any} */ b) => (b.step > a.step ? b : a)).goal === null ? "amnesia" : "moved goal"}`;
  if (score < first - HARM) text += `, worse than before (${percent(first)})`;
  if (scratch?.steps.length) {
    const distance = (/** @type {import("./data.mjs").Step} */ step) => Math.abs(tries(scratch, step) - episodes);
    const fair = scratch.steps.slice(Math.min(since, scratch.steps.length - 1)).reduce((best, step) => (distance(step) < distance(best) ? step : best));
    text += `; from scratch ${percent(fair.score)}${distance(fair) ? ` ${when(tries(scratch, fair))}` : ""}`;
    if (fair.score > score + HARM) text += ", which is better";
  }
  return `${text}. ${level.training}`;
}

/** The table of all numbers, while it can be seen. */
function numbers() {
  if (!find("numbers-card").open) return;
  const row = (/** @type {(string | number)[]} */ cells, head = false) =>
    `<tr>${cells.map((cell, i) => (head || !i ? `<th scope="${head ? "col" : "row"}">${cell}</th>` : `<td>${cell}</td>`)).join("")}</tr>`;
  const rows = runs.flatMap((run, i) => run.steps.map((step) => row([
    escaped(level.agents[i].name), step.step, step.episodes.toLocaleString("en"), step.envSteps.toLocaleString("en"), step.gradientSteps,
    figure(returnOf(step), 3), percent(step.score),
  ])));
  find("numbers").innerHTML = `<caption>Every step of each agent</caption><thead>${row(
    ["agent", "step", "episodes", "moves", "gradient steps", "return", "score"], true)}</thead><tbody>${rows.join("")}</tbody>`;
}

const escaped = (/** @type {string} */ text) => text.replace(/[&<>"]/g, (char) => `&#${char.charCodeAt(0)};`);

// --- boards --------------------------------------------------------------------------------------

/**
 * @typedef {{key: any[], canvas: HTMLCanvasElement}} Layer a part of a board that is drawn once
 * @typedef {{canvas: HTMLCanvasElement, frame: HTMLElement, layers: Map<string, Layer>}} Board
 * @type {Board[]}
 */
let boards = [];
/** @type {Map<string, HTMLCanvasElement>} */
const grounds = new Map(); // the part of a board that does not change

const theme = () => document.documentElement.dataset.theme ?? (dark.matches ? "dark" : "light");
const look = () => ({ tiles: data.tiles, palette: data.palettes[theme()] });

/** Make a board for each agent. */
function makeBoards() {
  find("boards").replaceChildren(...level.agents.map((/** @type {any} */ agent, /** @type {number} */ i) => {
    const figure = document.createElement("figure");
    figure.innerHTML = `<figcaption><b style="color:var(--texts-${i})"></b><span id="score-${i}" class="score"></span><span id="before-${i}" class="quiet"></span></figcaption><div class="frame"><canvas role="img" tabindex="-1"></canvas></div>`;
    /** @type {any} */ (figure.querySelector("b")).textContent = agent.name;
    return figure;
  }));
  find("key").innerHTML = level.agents.map((/** @type {any} */ one, /** @type {number} */ i) =>
    `<li style="color:var(--texts-${i})">${lineSample(i)}${escaped(one.name)}</li>`).join("");
  if (level.bayes !== null) find("key").insertAdjacentHTML("beforeend", `<li class="quiet">${BAYES_SAMPLE}<span data-term="Bayes bound">Bayes bound</span></li>`);
  explain();
  boards = [...document.querySelectorAll("#boards figure")].map((place) => ({
    layers: new Map(),
    frame: /** @type {HTMLElement} */ (place.querySelector(".frame")),
    canvas: /** @type {HTMLCanvasElement} */ (place.querySelector("canvas")),
  }));
  boards.forEach(({ canvas }) => canvas.addEventListener("click", moveGoalTo));
}

/** The side of a cell in device pixels. */
function cellSide(/** @type {HTMLElement} */ frame) {
  const { width, height } = task(), scale = devicePixelRatio || 1;
  const room = Math.min(frame.clientWidth * scale, (Math.max(280, innerHeight * 0.6) * scale * width) / height);
  return Math.max(3, Math.floor(room / width));
}

function groundPicture(/** @type {number} */ side) {
  const key = `${level.id} ${goalNow()} ${side} ${theme()}`;
  let picture = grounds.get(key);
  if (!picture) {
    picture = document.createElement("canvas");
    picture.width = task().width * side;
    picture.height = task().height * side;
    drawGround(/** @type {any} */ (picture.getContext("2d")), task().rows, side, look(), level.hiddenGoal);
    if (grounds.size > 8) grounds.clear();
    grounds.set(key, picture);
  }
  return picture;
}

function drawBoards() {
  dirty = false;
  frames++;
  boards.forEach((board, i) => drawBoard(board, runs[i], i));
  const moves = walk(runs[0]).length - 1, kept = episodes();
  const where = `Episode ${at.episode + 1} of ${kept} shown, ${counted(moves, "move")}${SPEEDS[at.speed] === 1 ? "" : `, ${SPEEDS[at.speed]}× speed`}`;
  if (find("where").textContent !== where) find("where").textContent = where;
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

/** Draw an agent's board at this moment. */
function drawBoard(/** @type {Board} */ board, /** @type {import("./data.mjs").Run} */ run, /** @type {number} */ index) {
  const { canvas, frame } = board;
  const now = task(), side = cellSide(frame), { palette } = look();
  const [width, height] = [now.width * side, now.height * side];
  if (canvas.width !== width || canvas.height !== height) {
    Object.assign(canvas, { width, height });
    Object.assign(canvas.style, { width: `${width / devicePixelRatio}px`, height: `${height / devicePixelRatio}px` });
  }
  const g = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  const step = stepOf(run), states = walk(run);
  const share = seconds(run) > 0 ? Math.min(at.clock / seconds(run), 1) : 1;
  const reached = share * (states.length - 1), move = Math.min(Math.floor(reached), states.length - 1);
  const state = states[move] ?? now.start, colour = (/** @type {number} */ k) => (index ? palette.agents[index] : palette.trails[k % 3]);
  const since = [step, now, now.changes && state]; // on which both layers depend
  g.drawImage(layer(board, "under", [...since, at.episode, overlays.has("visits"), overlays.has("optimum")], (under) => {
    under.drawImage(groundPicture(side), 0, 0);
    if (overlays.has("visits")) drawVisits(under, visits(step), now.width, side);
    drawThings(under, now.rows, side, look(), now.things(state), level.opponents);
    if (overlays.has("optimum")) drawOptimum(under, now.optimum.map(now.place), side, palette.goal);
    for (let k = Math.max(0, at.episode - 2); k < Math.min(at.episode, step.paths.length); k++)
      drawTrail(under, statesOf(step.paths[k]).map(now.place), k, side, colour(k), k === at.episode - 1 ? 0.6 : 0.4);
    for (const { goal, goalCell } of tasks.values())
      if (goal !== chosen.goal) drawQuestion(under, [Math.floor(goalCell / now.width), goalCell % now.width], side, palette);
  }), 0, 0);
  const { place, way } = placeAt(now, states, reached, move);
  drawTrail(g, [...states.slice(0, move + 1).map(now.place), place], at.episode, side, colour(at.episode), 0.95);
  const { probs } = step;
  if (overlays.has("policy") && probs) g.drawImage(layer(board, "over", since, (over) => {
    for (const s of now.alike(state)) drawPolicy(over, now.place(s), side, probs[s], palette);
  }), 0, 0);
  drawAgent(g, place, way, side, palette.agents[index]);
  describe(canvas, index, step, states);
}

/** Where the agent is between two moves, and where it looks. */
function placeAt(/** @type {import("./data.mjs").Task} */ now, /** @type {number[]} */ states, /** @type {number} */ reached, /** @type {number} */ move) {
  const here = now.place(states[move] ?? now.start), there = now.place(states[move + 1] ?? states[move] ?? now.start);
  const part = calm.matches ? 0 : reached - move, step = [there[0] - here[0], there[1] - here[1]];
  if (Math.abs(step[0]) + Math.abs(step[1]) > 1) return { place: part < 0.5 ? here : there, way: MOVES[4] }; // teleported
  return { place: [here[0] + step[0] * part, here[1] + step[1] * part], way: step };
}

/** How often each cell was visited in the step's episodes, or a share of that. */
function visits(/** @type {import("./data.mjs").Step} */ step) {
  if (step.visits) return new Map(Object.entries(step.visits).filter(([, n]) => n).map(([cell, n]) => [Number(cell), n]));
  const counts = new Map();
  for (const path of step.paths) for (const state of statesOf(path)) {
    const cell = task().cells[state];
    counts.set(cell, (counts.get(cell) ?? 0) + 1);
  }
  return counts;
}

/** The text alternative of a board. */
function describe(/** @type {HTMLCanvasElement} */ canvas, /** @type {number} */ index, /** @type {import("./data.mjs").Step} */ step, /** @type {number[]} */ states) {
  const { width, height } = task(), last = states[states.length - 1];
  const end = task().cells[last] === task().goalCell ? "reaches the goal" : "does not reach the goal";
  const text = `Board of ${level.agents[index].name}, ${width} by ${height} cells. At step ${step.step} its episode ${at.episode + 1} ${end} after ${counted(states.length - 1, "move")}.`;
  if (canvas.getAttribute("aria-label") !== text) canvas.setAttribute("aria-label", text);
}

/** Whether runs with the goal there are recorded. */
const hasRuns = (/** @type {number | null} */ goal) => level.runs.some((/** @type {any} */ run) => run.goal === goal);

/** Move the goal to a cell that was clicked, if it can be there. */
function moveGoalTo(/** @type {MouseEvent} */ event) {
  const canvas = /** @type {HTMLCanvasElement} */ (event.currentTarget), box = canvas.getBoundingClientRect();
  const answered = level.chapter?.choice?.boards.indexOf(boards.findIndex((board) => board.canvas === canvas)) ?? -1;
  if (answered >= 0) return answer(answered);
  const { width, height } = task();
  const column = Math.floor(((event.clientX - box.left) / box.width) * width);
  const cell = Math.floor(((event.clientY - box.top) / box.height) * height) * width + column;
  const found = [...tasks.values()].find((one) => one.goalCell === cell);
  if (found && found.goal !== chosen.goal) choose({ goal: found.goal });
}

// --- controls ------------------------------------------------------------------------------------

/** Fill a select element with (value, text). */
function fill(/** @type {string} */ id, /** @type {[any, string][]} */ options) {
  find(id).replaceChildren(...options.map(([value, text]) => new Option(text, value)));
  find(id).disabled = options.length < 2;
}

function fillChoices() {
  fill("seed", level.seeds.map((/** @type {number} */ seed) => [seed, `${seed}`]));
  fill("size", level.stepSizes.map((/** @type {number} */ size) => [size, sizeText(size)]));
  fill("goal", [...tasks.values()].map((one, i) => [one.goal ?? "", i === 0 ? "where the level has it" : placeText(one)]));
}

/** Whether there is anything to choose. */
const hasChoices = () => Boolean(level.live) || [level.seeds, level.stepSizes, [...tasks]].some((one) => one.length > 1);

const placeText = (/** @type {any} */ { goalCell, rows }) => {
  const width = rows[0].length;
  return `row ${Math.floor(goalCell / width) + 1}, column ${(goalCell % width) + 1}`;
};

function fillLegend() {
  const entries = level.legend.map((/** @type {any} */ entry) => legendEntry(entry.text, (g, side) => drawTile(g, entry.tile, side, look(), level.hiddenGoal)));
  if (tasks.size > 1) entries.push(legendEntry("a click moves the goal here", (g, side) => drawTile(g, ".", side, look(), false, true)));
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

/** Fill a list of words and their meanings. */
function define(/** @type {string} */ id, /** @type {[string, string][]} */ entries) {
  find(id).replaceChildren(...entries.flatMap(([word, meaning]) => {
    const term = document.createElement("dt"), text = document.createElement("dd");
    term.textContent = word;
    text.textContent = meaning;
    return [term, text];
  }));
}

function fillAgents() {
  define("agents", level.agents.map((/** @type {any} */ one) => [one.name, [
    one.about && `${one.about[0].toUpperCase()}${one.about.slice(1)}`,
    one.training.replace(/\.$/, ""),
    one.note && `${one.note[0].toUpperCase()}${one.note.slice(1)}`,
  ].filter(Boolean).join(". ") + "."]));
}

function toggle(/** @type {string} */ name, on = !overlays.has(name)) {
  overlays[on ? "add" : "delete"](name);
  find(name).checked = on;
  dirty = true;
}

function switchTheme() {
  document.documentElement.dataset.theme = theme() === "dark" ? "light" : "dark";
  showTheme();
}

function showTheme() {
  find("theme").textContent = theme() === "dark" ? "Light theme" : "Dark theme";
  fillLegend();
  dirty = true;
}

let beforePrint = { theme: "", open: false };

/** Print on white paper, with all numbers. */
function beginPrint() {
  beforePrint = { theme: document.documentElement.dataset.theme ?? "", open: find("numbers-card").open };
  document.documentElement.dataset.theme = "light";
  find("numbers-card").open = true;
  numbers();
  showTheme();
  drawBoards();
}

/** Return from print to the screen. */
function endPrint() {
  if (beforePrint.theme) document.documentElement.dataset.theme = beforePrint.theme;
  else delete document.documentElement.dataset.theme;
  find("numbers-card").open = beforePrint.open;
  showTheme();
}

function changeEpisode(/** @type {number} */ by) {
  at.episode = Math.min(Math.max(at.episode + by, 0), episodes() - 1);
  at.clock = at.playing ? 0 : duration();
  dirty = true;
}

function changeSpeed(/** @type {number} */ by) {
  at.speed = Math.min(Math.max(at.speed + by, 0), SPEEDS.length - 1);
  dirty = true;
}

function toggleReturns() {
  if (find("returns-label").hidden) return;
  find("returns").checked = !find("returns").checked;
  showStep();
}

/** Let the agents learn with a seed that nothing is recorded of. */
const newSeed = () => choose({ seed: 1000 + Math.floor(Math.random() * 99000) });

/** Explain the words that have a meaning here. */
function explain() {
  for (const element of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-term]")))
    element.title = data.terms[element.dataset.term ?? ""] ?? "";
}

/** @type {Record<string, () => void>} */
const KEYS = {
  " ": () => play(!at.playing),
  ArrowLeft: () => goTo(at.step - 1),
  ArrowRight: () => goTo(at.step + 1),
  ArrowUp: () => changeEpisode(-1),
  ArrowDown: () => changeEpisode(1),
  Home: () => goTo(0),
  "-": () => changeSpeed(-1),
  "+": () => changeSpeed(1),
  "=": () => changeSpeed(1),
  p: () => toggle("policy"),
  h: () => toggle("visits"),
  o: () => toggle("optimum"),
  r: () => level.live && newSeed(),
  y: toggleReturns,
  t: switchTheme,
};

/** A key of the page, unless the element in focus has a use for it itself. */
function onKey(/** @type {KeyboardEvent} */ event) {
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  const focus = /** @type {HTMLElement} */ (event.target), name = focus.tagName;
  if (document.body.classList.contains("asking")) return;
  const moves = event.key.length > 1 || event.key === " ";
  if (name === "SELECT" || (moves && (name === "INPUT" || (event.key === " " && ["BUTTON", "SUMMARY"].includes(name))))) return;
  if (moves && focus.closest(".scroll")) return;
  const act = KEYS[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  if (!act) return;
  event.preventDefault();
  act();
}

function start() {
  fill("level", data.levels.map((/** @type {any} */ one, /** @type {number} */ i) => [i, one.chapter ? `${one.chapter.place}: ${one.chapter.heading}` : one.title]));
  find("level-label").textContent = data.levels[0].chapter ? "Chapter" : "Level";
  find("chapter-back").addEventListener("click", () => turnTo(data.levels.indexOf(level) - 1));
  find("chapter-next").addEventListener("click", () => turnTo(data.levels.indexOf(level) + 1));
  find("level-row").hidden = data.levels.length < 2;
  find("level").addEventListener("change", () => openLevel(Number(find("level").value)));
  find("play").addEventListener("click", () => play(!at.playing));
  find("back").addEventListener("click", () => goTo(at.step - 1));
  find("next").addEventListener("click", () => goTo(at.step + 1));
  find("step").addEventListener("input", () => goTo(Number(find("step").value)));
  find("seed").addEventListener("change", () => choose({ seed: Number(find("seed").value) }));
  find("size").addEventListener("change", () => choose({ stepSize: Number(find("size").value) }));
  find("goal").addEventListener("change", () => choose({ goal: find("goal").value === "" ? null : Number(find("goal").value) }));
  for (const name of ["policy", "visits", "optimum"]) find(name).addEventListener("change", () => toggle(name, find(name).checked));
  find("new-seed").addEventListener("click", newSeed);
  find("reset").addEventListener("click", () => choose({ ...recorded(), goal: hasRuns(chosen.goal) ? chosen.goal : null }));
  find("factor").addEventListener("input", () => choose({ stepSize: Number((10 ** Number(find("factor").value)).toPrecision(2)) }));
  find("episodes").addEventListener("input", () => choose({ episodes: Number(find("episodes").value) }));
  find("numbers-card").addEventListener("toggle", numbers);
  find("returns").addEventListener("change", () => showStep());
  find("theme").addEventListener("click", switchTheme);
  dark.addEventListener("change", showTheme);
  addEventListener("keydown", onKey);
  addEventListener("beforeprint", beginPrint);
  addEventListener("afterprint", endPrint);
  new ResizeObserver(() => { chart(); dirty = true; }).observe(find("chart"));
  new ResizeObserver(() => { dirty = true; }).observe(find("boards"));
  define("terms", Object.entries(data.terms));
  find("terms-card").hidden = !Object.keys(data.terms).length;
  openLevel(0);
  showTheme();
  if (!calm.matches && !level.chapter) {
    goTo(0, false);
    play(true);
  }
  requestAnimationFrame(frame);
}

start();
/** What tests and other scripts of a course may read. */
/** @type {any} */ (window).gridapt = { at, chosen, data, runs: () => runs, frames: () => frames };
