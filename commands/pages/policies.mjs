/**
 * What an agent's policy is a function of: the bodies of `agents/gradient/body.py`, with the logits
 * of `log_probs` in `policy.py`. Each gives logits from parameters, and the gradients of the
 * parameters from the derivatives by the logits.
 */
import { ControlsBelief } from "./controls_belief.mjs";
import { ACTIONS, centre, product, sum, transposed } from "./matrices.mjs";
import { network } from "./network.mjs";
import { unpacked } from "./packing.mjs";

const SPREAD = 8; // how many moves values spread over
const FADING = 0.9; // the share of a value that is left after each move

/**
 * @typedef {import("./network.mjs").Params} Params
 * @typedef {import("./packing.mjs").Numbers} Numbers
 * @typedef {(outer: Float64Array) => Params} Gradients from the derivatives by the logits [R * A]
 *
 * @typedef {object} Policy
 * @property {Float64Array} logProbs [R * A] of the rows
 * @property {Float64Array} probs [R * A]
 * @property {Gradients} gradients
 *
 * @typedef {object} Body
 * @property {ArrayLike<number>} rowOf the row of each state; states that look alike share one
 * @property {() => Params} tables the parameters that start at zero on every task
 * @property {(episodes: any[]) => boolean} watch learn from episodes what is observed; return
 *   whether that changes the policy
 * @property {(other: any) => void} leaveOut go on from the body of an earlier task
 * @property {(params: Params) => {logits: Float64Array, gradients: Gradients}} logits [R * A]
 */

/** @returns {Body} what an agent's policy is a function of */
export function bodyOf(/** @type {any} */ task, /** @type {any} */ learner, /** @type {number | null} */ goal) {
  if (learner.body === "features") return new FeaturesBody(task.features);
  const moves = (goal === null ? null : learner.movesByGoal[goal]) ?? learner.moves;
  return new GraphBody(task.graph, unpacked(moves));
}

/** @returns {Policy} the policy with these parameters */
export function policyOf(/** @type {Body} */ body, /** @type {Params} */ params) {
  const { logits, gradients } = body.logits(params);
  const logProbs = new Float64Array(logits.length);
  for (let row = 0; row < logits.length; row += ACTIONS) {
    const own = logits.subarray(row, row + ACTIONS);
    const most = Math.max(...own);
    const total = Math.log(sum(own.map((logit) => Math.exp(logit - most))));
    for (let a = 0; a < ACTIONS; a++) logProbs[row + a] = own[a] - most - total;
  }
  return { logProbs, probs: logProbs.map(Math.exp), gradients };
}

/** The body 'features': a network over features of states. (`FeaturesBody`) */
class FeaturesBody {
  constructor(/** @type {any} */ features) {
    this.rowOf = features.rowOf;
    this.input = { ...features, rows: features.first.length - 1 };
  }

  /** Leave out the features that no state of an earlier task had, from which the agent goes on. */
  leaveOut(/** @type {FeaturesBody} */ other) {
    const known = new Set(other.input.column);
    const { column, values } = this.input;
    this.input.values = Float64Array.from(values, (value, i) => (known.has(column[i]) ? value : 0));
  }

  tables() {
    return {};
  }

  watch() {
    return false;
  }

  logits(/** @type {Params} */ params) {
    const { output, gradients } = network(params, this.input);
    return { logits: output, gradients };
  }
}

/**
 * The body 'graph': a network scores each move in each node of the shown level, values attract or
 * repel from afar, and actions are told apart by what they did. (`GraphBody`, and `ToldControls`
 * in agents/gradient/inner_loop.py)
 */
class GraphBody {
  constructor(/** @type {any} */ graph, /** @type {Float64Array} */ moves) {
    this.graph = graph;
    this.rowOf = graph.rowOf;
    this.nodes = graph.cell.length;
    const rows = this.nodes * ACTIONS;
    this.input = { rows, width: moves.length / rows, values: moves };
    this.belief = new ControlsBelief(graph);
    this.believed = /** @type {Float64Array | null} */ (null); // [A * A] from moves to actions
  }

  /** Other tasks are not gone on with: the nodes of their graphs differ. */
  leaveOut() {}

  tables() {
    return { table: new Float64Array(this.nodes * ACTIONS), values: new Float64Array(this.nodes) };
  }

  watch(/** @type {any[]} */ episodes) {
    this.believed = this.belief.after(episodes);
    return true;
  }

  logits(/** @type {Params} */ params) {
    const { believed } = this;
    const run = network(params, this.input);
    const spread = spreadValues(params.values, this.graph.next);
    const scores = run.output.map((score, i) => score + spread.ahead[i]);
    centre(scores);
    const byAction = product(scores, params.controls);
    const told = believed ? product(byAction, believed) : byAction;
    const gradients = (/** @type {Float64Array} */ outer) => {
      const before = believed ? product(outer, transposed(believed)) : outer;
      const byScore = product(before, transposed(params.controls));
      centre(byScore);
      const values = spread.gradient(byScore);
      return { ...run.gradients(byScore), controls: controlsGradient(scores, before), table: outer, values };
    };
    return { logits: told.map((logit, i) => logit + params.table[i]), gradients };
  }
}

/** Return the gradient of the controls [A * A], by scores of moves and derivatives by actions. */
function controlsGradient(/** @type {Float64Array} */ scores, /** @type {Float64Array} */ outer) {
  const grad = new Float64Array(ACTIONS * ACTIONS);
  for (let row = 0; row < scores.length; row += ACTIONS) {
    for (let i = 0; i < grad.length; i++) {
      grad[i] += scores[row + Math.floor(i / ACTIONS)] * outer[row + (i % ACTIONS)];
    }
  }
  return grad;
}

/**
 * Return what each move leads towards [M * A], of values [M], and the function to its gradient.
 * (`_values_ahead` in agents/gradient/policy.py)
 */
function spreadValues(/** @type {Float64Array} */ values, /** @type {Numbers} */ next) {
  const stages = [values]; // values after each move of the spread
  for (let k = 0; k < SPREAD; k++) {
    const most = mostAhead(stages[k], next);
    stages.push(values.map((value, m) => value + FADING * most[m]));
  }
  const ahead = Float64Array.from(next, (node) => stages[SPREAD][node]);
  const gradient = (/** @type {Float64Array} */ outer) => {
    const total = new Float64Array(values.length);
    let byStage = new Float64Array(values.length);
    for (let i = 0; i < next.length; i++) byStage[next[i]] += outer[i];
    for (let k = SPREAD - 1; k >= 0; k--) {
      for (let m = 0; m < total.length; m++) total[m] += byStage[m];
      byStage = mostAheadGradient(stages[k], next, byStage.map((one) => FADING * one));
    }
    return total.map((one, m) => one + byStage[m]);
  };
  return { ahead, gradient };
}

/** Return the largest of the values [M] that the moves from each node lead to. */
function mostAhead(/** @type {Float64Array} */ values, /** @type {Numbers} */ next) {
  const most = new Float64Array(values.length).fill(-Infinity);
  for (let i = 0, m = 0; m < most.length; m++) {
    for (let a = 0; a < ACTIONS; a++, i++) most[m] = Math.max(most[m], values[next[i]]);
  }
  return most;
}

/** Return the gradient by the values; moves that are equally good share alike, as in torch. */
function mostAheadGradient(/** @type {Float64Array} */ values, /** @type {Numbers} */ next, /** @type {Float64Array} */ outer) {
  const result = new Float64Array(values.length);
  mostAhead(values, next).forEach((most, m) => {
    const nodes = Array.from(next.subarray(m * ACTIONS, (m + 1) * ACTIONS));
    const best = nodes.filter((node) => values[node] === most);
    for (const node of best) result[node] += outer[m] / best.length;
  });
  return result;
}
