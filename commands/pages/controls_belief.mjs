/**
 * What actions do, where controls may be swapped: the belief of `agents/graph/moves_belief.py`.
 */
import { ACTIONS, sum } from "./matrices.mjs";

/** @typedef {Map<number, number>} Counts how often an outcome was seen */
const newCounts = () => /** @type {Counts} */ (new Map());

/** The belief about which move each action is: an exact posterior over permutations. */
export class ControlsBelief {
  constructor(/** @type {any} */ graph) {
    this.graph = graph;
    this.inDoubt = graph.belief.inDoubt;
    this.counts = Array.from({ length: ACTIONS }, newCounts); // of each action
    this.permutations = permutations([...Array(ACTIONS).keys()]);
  }

  /** Count the outcomes in episodes; return the belief [A * A] from moves (rows) to actions. */
  after(/** @type {{states: number[], actions: number[]}[]} */ episodes) {
    for (const { states, actions } of episodes) {
      actions.forEach((action, h) => this.count(action, states[h], states[h + 1]));
    }
    const byControls = this.inDoubt ? this.posterior() : [1];
    const believed = new Float64Array(ACTIONS * ACTIONS);
    byControls.forEach((weight, g) => {
      this.permutations[g].forEach((move, action) => (believed[move * ACTIONS + action] += weight));
    });
    return believed;
  }

  /** Count the outcome of an action: the set of moves that would have led to the same cell. */
  count(/** @type {number} */ action, /** @type {number} */ state, /** @type {number} */ entered) {
    const { graph } = this;
    const node = graph.rowOf[state];
    const cell = graph.cell[graph.rowOf[entered]];
    if (graph.pushes[node] && graph.cell[node] === cell) return; // a hidden goal may stop a box
    let pattern = 0;
    for (let a = 0; a < ACTIONS; a++) {
      if (graph.cell[graph.next[node * ACTIONS + a]] === cell) pattern |= 1 << a;
    }
    const { slips, shares } = graph.belief;
    const outcome = (pattern * slips + graph.slip[node]) * shares + graph.share[node];
    this.counts[action].set(outcome, (this.counts[action].get(outcome) ?? 0) + 1);
    if (!(pattern & (1 << action))) this.inDoubt = true;
  }

  /** Return the probability of each permutation; a nearly certain one counts as known. */
  posterior() {
    const { prior, controlsPrior, certain } = this.graph.belief;
    const logs = this.counts.map((counts) => this.logLikelihood(counts));
    const joint = /** @type {number[]} */ ([]);
    this.permutations.forEach((moves, g) => prior.forEach((/** @type {number} */ log, /** @type {number} */ w) => {
      joint.push(log + controlsPrior[g] + sum(moves.map((move, a) => logs[a][w * ACTIONS + move])));
    }));
    const most = joint.reduce((one, other) => Math.max(one, other));
    const weights = joint.map((log) => Math.exp(log - most));
    const total = sum(weights);
    const n = prior.length;
    const result = this.permutations.map((_, g) => sum(weights.slice(g * n, (g + 1) * n)) / total);
    const best = result.indexOf(Math.max(...result));
    return result[best] > certain ? result.map((_, g) => (g === best ? 1 : 0)) : result;
  }

  /** Return the log-probability of an action's outcomes by wind, slip and move [W * F * A]. */
  logLikelihood(/** @type {Counts} */ counts) {
    const { winds, factors, left, right, slips, shares, unlikely } = this.graph.belief;
    const result = new Float64Array(winds.length * factors.length * ACTIONS);
    for (const [outcome, times] of counts) {
      const share = (outcome % shares) / (shares - 1);
      const ground = (Math.floor(outcome / shares) % slips) / (slips - 1);
      const pattern = Math.floor(outcome / (shares * slips));
      const matches = (/** @type {number} */ move) => (pattern >> move) & 1;
      let i = 0;
      for (const [direction, chance] of winds) {
        for (const factor of factors) {
          const slip = Math.min(1, ground * factor);
          for (let move = 0; move < ACTIONS; move++) {
            const aside = share * matches(left[move]) + (1 - share) * matches(right[move]);
            const slid = matches(move) + slip * (aside - matches(move));
            const likely = (1 - chance) * slid + matches(direction) * chance;
            result[i++] += times * Math.log((1 - unlikely) * likely + unlikely);
          }
        }
      }
    }
    return result;
  }
}

/**
 * Return all orders of some items, in lexicographic order of their places.
 *
 * @param {number[]} items
 * @returns {number[][]}
 */
function permutations(items) {
  if (!items.length) return [[]];
  return items.flatMap((first) =>
    permutations(items.filter((item) => item !== first)).map((rest) => [first, ...rest]));
}
