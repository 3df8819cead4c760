/**
 * The adaptation curves, as a picture in SVG: score over the episodes spent.
 *
 * @typedef {[number, number][]} Points episodes and score
 * @typedef {{points: Points, index: number, each: Points[], own: Points}} Curve
 *   `each`: the tasks of which it is the mean; `own`: with the agent's own settings
 */
import { figure } from "./sentences.mjs";

const LOWEST = -0.5; // scores below are drawn at the bottom, marked as out of range
const MARGIN = { left: 46, right: 66, top: 12, bottom: 40 };
const DASHES = ["", "6 4", "2 3", "10 3"]; // as in game/view/draw/plot.py

/** Round numbers between two others, about `n` of them. */
export function roundTicks(/** @type {number} */ low, /** @type {number} */ high, /** @type {number} */ n) {
  const rough = Math.max(high - low, 1e-9) / n, power = 10 ** Math.floor(Math.log10(rough));
  const pitch = [1, 2, 5, 10].map((x) => x * power).find((x) => x >= rough * 0.999) ?? rough;
  const found = [];
  for (let k = Math.ceil(low / pitch - 1e-9); k * pitch <= high + 1e-9 * pitch; k++) found.push(k * pitch);
  return found;
}

/**
 * Draw the curves.
 * @param {HTMLElement} place
 * @param {Curve[]} curves
 * @param {Object} state
 * @param {number} state.most episodes on the axis
 * @param {number[]} state.now the episodes spent of each curve at the step that is shown
 * @param {{random: number, optimal: number} | null} state.returns bounds, to show returns
 * @param {number | null} state.bayes the Bayes bound as a score
 * @param {{episodes: number, text: string}[]} state.changes of the task
 * @param {string} state.spoken
 */
export function drawChart(place, curves, { most, now, returns, bayes, changes, spoken }) {
  const width = Math.max(260, place.clientWidth), height = Math.round(Math.min(300, Math.max(200, width * 0.55)));
  const right = width - MARGIN.right, bottom = height - MARGIN.bottom;
  const scores = curves.flatMap((one) => one.points.map(([, y]) => y));
  const low = Math.max(LOWEST, Math.min(0, ...scores)), high = Math.max(1.02, ...scores);
  const x = (/** @type {number} */ e) => MARGIN.left + (e / most) * (right - MARGIN.left);
  const y = (/** @type {number} */ s) => bottom - ((Math.max(s, low) - low) / (high - low)) * (bottom - MARGIN.top);
  const parts = [];
  const span = returns ? returns.optimal - returns.random : 1;
  const value = (/** @type {number} */ s) => (returns ? returns.random + s * span : 100 * s);
  const scored = (/** @type {number} */ v) => (returns ? (v - returns.random) / (span || 1) : v / 100);
  const ticks = returns ? roundTicks(value(low), value(high), 5) : roundTicks(100 * low, 100 * Math.min(high, 1), 4);
  const digits = returns && ticks.length > 1 && ticks[1] - ticks[0] < 1 ? (ticks[1] - ticks[0] < 0.1 ? 2 : 1) : 0;
  for (const tick of ticks) {
    const at = y(scored(tick));
    parts.push(`<line class="grid" x1="${MARGIN.left}" x2="${right}" y1="${at}" y2="${at}"/>`);
    parts.push(`<text x="${MARGIN.left - 6}" y="${at + 4}" text-anchor="end">${figure(tick, digits)}${returns ? "" : "%"}</text>`);
  }
  for (const tick of roundTicks(0, most, width < 400 ? 4 : 6)) {
    if (tick % 1) continue;
    parts.push(`<text x="${x(tick)}" y="${bottom + 17}" text-anchor="middle">${figure(tick)}</text>`);
  }
  parts.push(`<text x="${(MARGIN.left + right) / 2}" y="${height - 5}" text-anchor="middle">episodes spent</text>`);
  for (const bound of [0, 1]) parts.push(`<line class="bound" x1="${MARGIN.left}" x2="${right}" y1="${y(bound)}" y2="${y(bound)}"/>`);
  parts.push(`<text x="${right + 10}" y="${y(0) + 4}">random</text>`);
  parts.push(`<text x="${right + 10}" y="${y(1) + 4}">optimum</text>`);
  if (bayes !== null) {
    const at = Math.min(Math.max(y(bayes), y(1) + 15), y(0) - 15);
    parts.push(`<line class="bayes" x1="${MARGIN.left}" x2="${right}" y1="${y(bayes)}" y2="${y(bayes)}"/>`);
    parts.push(`<text x="${right + 10}" y="${at + 4}">Bayes</text>`);
  }
  for (const { episodes, text } of changes) {
    const isRight = x(episodes) > width / 2;
    parts.push(`<line class="bayes" x1="${x(episodes)}" x2="${x(episodes)}" y1="${MARGIN.top}" y2="${bottom}"/>`);
    parts.push(`<text x="${x(episodes) + (isRight ? -5 : 5)}" y="9" text-anchor="${isRight ? "end" : "start"}">${text}</text>`);
  }
  const last = now.length ? x(now[0]) : MARGIN.left;
  parts.push(`<line class="now" x1="${last}" x2="${last}" y1="${MARGIN.top}" y2="${bottom}"/>`);
  for (const { points, index, each, own } of [...curves].reverse()) {
    const colour = `var(--agents-${index})`;
    const lineOf = (/** @type {Points} */ some) => some.map(([e, s]) => `${x(e)},${y(s)}`).join(" ");
    for (const one of each) parts.push(`<polyline class="thin" points="${lineOf(one)}" stroke="${colour}"/>`);
    parts.push(`<polyline class="own" points="${lineOf(own)}" stroke="${colour}"/>`);
    const line = lineOf(points);
    parts.push(`<polyline points="${line}" fill="none" stroke="${colour}" stroke-width="${index ? 2 : 3}" stroke-dasharray="${DASHES[index]}" stroke-linejoin="round"/>`);
    for (const [e, s] of points) {
      const mark = s < low ? `<path d="M${x(e) - 5} ${bottom - 9}h10l-5 9z" fill="${colour}"/>` : shape(index, x(e), y(s), e === now[index] ? 6 : 3.5, colour);
      parts.push(mark);
    }
  }
  place.innerHTML = `<svg viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">${parts.join("")}</svg>`;
  place.firstElementChild?.setAttribute("aria-label", `Score over episodes spent. ${spoken}.${bayes === null ? "" : ` Bayes bound: ${figure(100 * bayes)} percent.`}`);
}

/** A sample of an agent's line, for the chart's key. */
export const lineSample = (/** @type {number} */ index) =>
  `<svg width="34" height="14" aria-hidden="true"><path d="M0 7h34" stroke="var(--agents-${index})" stroke-width="${index ? 2 : 3}" stroke-dasharray="${DASHES[index]}"/>${shape(index, 17, 7, 4.5, `var(--agents-${index})`)}</svg>`;

/** A sample of the line of the Bayes bound. */
export const BAYES_SAMPLE = `<svg width="34" height="14" aria-hidden="true"><path class="bayes" d="M0 7h34"/></svg>`;

/** A mark of an agent's own shape, as in the window: disc, square, triangle or diamond. */
function shape(/** @type {number} */ index, /** @type {number} */ x, /** @type {number} */ y, /** @type {number} */ r, /** @type {string} */ fill) {
  const style = `fill="${fill}" stroke="var(--card)" stroke-width="1"`;
  if (index === 0) return `<circle cx="${x}" cy="${y}" r="${r}" ${style}/>`;
  if (index === 1) return `<rect x="${x - r}" y="${y - r}" width="${2 * r}" height="${2 * r}" ${style}/>`;
  const d = index === 3 ? `M${x} ${y - r * 1.3}l${r * 1.3} ${r * 1.3}l${-r * 1.3} ${r * 1.3}l${-r * 1.3} ${-r * 1.3}z` : `M${x} ${y - r * 1.2}l${r * 1.2} ${r * 2.2}h${-r * 2.4}z`;
  return `<path d="${d}" ${style}/>`;
}
