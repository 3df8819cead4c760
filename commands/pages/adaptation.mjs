/**
 * Adaptation by gradients, computed in a page: the same inner loop as `agents/gradient`.
 *
 * An agent samples episodes from a level's transition tables, and takes a gradient step on their
 * advantages within a trust region. All data come from `live_tables.py`. Given the same random
 * numbers, the returns and policies are those of Python up to rounding. The module has no imports
 * and touches no page, so that its text can also run in a Worker.
 */

const ACTIONS = 5;
const SPREAD = 8; // how many moves values spread over
const FADING = 0.9; // the share of a value that is left after each move

/**
 * @typedef {Float64Array | Uint8Array | Uint16Array | Uint32Array} Numbers
 * @typedef {Record<string, Float64Array>} Params parameters by name, matrices row by row
 * @typedef {() => number} Random returns the next uniform number in [0, 1)
 *
 * @typedef {object} Options
 * @property {number} [episodes] sampled in each step; the agent's own number unless given
 * @property {number} [stepSize] multiplies the agent's step sizes
 * @property {number} [steps] gradient steps
 * @property {number | null} [goal] index of the moved goal in `live.goals`; null: where it is
 * @property {{step: number, goal: number}} [moved] from this step on, the goal is there
 * @property {Params} [weights] where adaptation starts, if not at the agent's own weights
 *
 * @typedef {object} Step
 * @property {number} step
 * @property {number} episodes sampled before this step
 * @property {number} envSteps environment steps before this step
 * @property {number} gradientSteps
 * @property {number} returnExact expected return of the policy
 * @property {number} returnSampled mean return of this step's episodes
 * @property {number} score 0 for the random return, 1 for the optimal return
 * @property {number[][]} probs [S][A]
 * @property {number[][]} paths [n][H + 1] states of some episodes, -1 after their ends
 *
 * @typedef {object} Episode
 * @property {number[]} states one more than actions
 * @property {number[]} actions as chosen
 * @property {number[]} rewards
 * @property {number} weight in the inner loss
 *
 * @typedef {object} Policy
 * @property {Float64Array} logProbs [R * A] of the rows
 * @property {Float64Array} probs [R * A]
 * @property {(logits: Float64Array) => Params} gradients from the derivatives by the logits [R * A]
 */

/**
 * Yield the steps of an adaptation with this seed: the same numbers as in the window.
 *
 * @param {any} live
 * @param {string} agent
 * @param {number} seed
 * @param {Options} options
 * @returns {Generator<Step>}
 */
export function seededSteps(live, agent, seed, options) {
  const { id } = taskOf(live, options.goal ?? null);
  const numbers = new NumpyRandom([BigInt(seed), BigInt(`0x${id}`)]);
  const weights = options.weights ?? drawnWeights(live.agents[agent], seed);
  return adaptationSteps(live, agent, { ...options, weights }, () => numbers.random());
}

/**
 * Yield the steps of an adaptation; step 0 is before adaptation.
 *
 * @param {any} live data of `live_tables.py`
 * @param {string} agent one of `live.agents`
 * @param {Options} options
 * @param {Random} random
 * @returns {Generator<Step>}
 */
export function* adaptationSteps(live, agent, options, random) {
  const learner = live.agents[agent];
  const inner = { ...learner.inner, episodes: options.episodes ?? learner.inner.episodes };
  const sizes = stepSizes(learner, options.stepSize ?? 1);
  const weights = options.weights ?? unpacked(learner.weights);
  const { steps = 5, moved = null } = options;
  let { task, body, objective } = problemOf(live, learner, inner, options.goal ?? null);
  let params = { ...weights, ...body.tables() };
  let first = 0; // the step in which the agent began, or began anew
  let envSteps = 0;
  for (let k = 0; k <= steps; k++) {
    if (k === moved?.step) {
      const { probs } = policyOf(body, params);
      // Python samples this step on the old task, too, before the agent begins anew
      if (!learner.follows) sampled(task, byState(probs, task, body), inner.episodes, random);
      const before = body;
      ({ task, body, objective } = problemOf(live, learner, inner, moved.goal));
      if (learner.follows) body.leaveOut(before);
      else [params, first] = [{ ...weights, ...body.tables() }, k];
    }
    let policy = policyOf(body, params);
    const episodes = sampled(task, byState(policy.probs, task, body), inner.episodes, random);
    yield adaptationStep(live, task, body, policy, episodes, k, envSteps);
    if (k === steps) return;
    envSteps += sum(episodes.map((episode) => episode.actions.length));
    if (body.watch(episodes)) policy = policyOf(body, params);
    const size = sizes[Math.min(k - first, sizes.length - 1)];
    params = trustedStep(params, size, body, policy, objective, episodes);
  }
}

/** Return the task with its goal there, what the agent sees of it, and the inner loss. */
function problemOf(live, learner, inner, goal) {
  const task = taskOf(live, goal);
  return { task, body: bodyOf(task, learner, goal), objective: new InnerObjective(task, inner) };
}

/** Return one step of an adaptation as pages show it. */
function adaptationStep(live, task, body, policy, episodes, k, envSteps) {
  const probs = byState(policy.probs, task, body);
  for (let s = 0; s < task.states; s++) {
    const total = sum(probs.subarray(s * ACTIONS, (s + 1) * ACTIONS));
    for (let a = 0; a < ACTIONS; a++) probs[s * ACTIONS + a] /= total;
  }
  const returnExact = expectedReturn(task, probs);
  const room = task.optimal - task.random;
  return {
    step: k,
    episodes: k * episodes.length,
    envSteps,
    gradientSteps: k,
    returnExact,
    returnSampled: sum(episodes.map((episode) => sum(episode.rewards))) / episodes.length,
    score: room > 1e-12 ? (returnExact - task.random) / room : 0,
    probs: Array.from({ length: task.states }, (_, s) =>
      Array.from(probs.subarray(s * ACTIONS, (s + 1) * ACTIONS))),
    paths: episodes.slice(0, live.shown).map(({ states }) =>
      states.concat(Array(task.steps + 1 - states.length).fill(-1))),
  };
}

// --- the task -----------------------------------------------------------------------------------

/** Return the tables of the task, with its goal moved to `live.goals[goal]` unless that is null. */
export function taskOf(live, goal = null) {
  const own = unpacked(live.task);
  const task = goal === null ? own : changed(own, unpacked(live.goals[goal].changes));
  return { ...task, states: task.over.length, detours: task.chance && detoursOf(task) };
}

/** Return the probabilities [S * A] of all states, given those of the rows that they share. */
function byState(probs, task, body) {
  const result = new Float64Array(task.states * ACTIONS);
  for (let s = 0; s < task.states; s++) {
    const row = body.rowOf[s] * ACTIONS;
    for (let a = 0; a < ACTIONS; a++) result[s * ACTIONS + a] = probs[row + a];
  }
  return result;
}

/**
 * Return the exact expected return of a policy [S * A] on a task of `taskOf`.
 *
 * @param {any} task
 * @param {Float64Array} probs
 */
export function expectedReturn(task, probs) {
  const moves = task.chance ? effective(task, probs) : probs;
  let value = new Float64Array(task.states);
  for (let left = 0; left < task.steps; left++) {
    const next = new Float64Array(task.states);
    let settled = true;
    for (let s = 0, i = 0; s < task.states; s++) {
      for (let a = 0; a < ACTIONS; a++, i++) {
        next[s] += (task.reward[i] + value[task.next[i]]) * moves[i];
      }
      settled &&= next[s] === value[s];
    }
    value = next;
    if (settled) break;
  }
  return sum(Array.from(task.starts, (s) => value[s])) / task.starts.length;
}

/** Return the distribution [S * A] of the action that takes effect: wind and slip replace some. */
function effective(task, probs) {
  const { slip, lean, sides, leftFirst, wind } = task.chance;
  const calm = 1 - sum(wind);
  const result = new Float64Array(probs.length);
  for (let s = 0; s < task.states; s++) {
    const row = result.subarray(s * ACTIONS, (s + 1) * ACTIONS);
    for (let a = 0; a < ACTIONS; a++) {
      const prob = probs[s * ACTIONS + a];
      const turn = lean[s] * leftFirst[a];
      row[a] += (1 - slip[s]) * prob;
      row[sides[a][0]] += (slip[s] / 2 + turn) * prob;
      row[sides[a][1]] += (slip[s] / 2 - turn) * prob;
    }
    for (let a = 0; a < ACTIONS; a++) row[a] = calm * row[a] + wind[a];
  }
  return result;
}

/** Return what replaces each action [S * A]: one of three others, below three bounds. */
function detoursOf(task) {
  const { slip, lean, sides, leftFirst, wind } = task.chance;
  const blowing = sum(wind);
  const blown = wind.indexOf(Math.max(...wind));
  return (state, action, uniform) => {
    const slipping = (1 - blowing) * slip[state];
    if (uniform >= blowing + slipping) return action;
    if (uniform < blowing) return blown;
    const left = (1 - blowing) * lean[state] * leftFirst[action];
    return sides[action][uniform < blowing + (slipping / 2 - left) ? 1 : 0];
  };
}

/**
 * Sample episodes of a policy [S * A], drawing random numbers in the order of Python: starts, then
 * actions step by step, then wind and slips.
 *
 * @returns {Episode[]}
 */
function sampled(task, probs, n, random) {
  const { starts } = task;
  const begins = Array.from({ length: n }, () =>
    starts[starts.length > 1 ? Math.floor(random() * starts.length) : 0]);
  const draws = Float64Array.from({ length: task.steps * n }, random);
  const slips = task.detours && Float64Array.from({ length: task.steps * n }, random);
  return begins.map((start, e) => {
    const episode = { states: [start], actions: [], rewards: [], weight: 1 };
    for (let h = 0, state = start; h < task.steps && !task.over[state]; h++) {
      const action = chosen(probs, state, draws[h * n + e]);
      const taken = slips ? task.detours(state, action, slips[h * n + e]) : action;
      episode.actions.push(action);
      episode.rewards.push(task.reward[state * ACTIONS + taken]);
      state = task.next[state * ACTIONS + taken];
      episode.states.push(state);
    }
    return episode;
  });
}

/** Return the action that a uniform number chooses in a state. */
function chosen(probs, state, uniform) {
  let bound = 0;
  let action = 0;
  for (let a = 0; a < ACTIONS - 1; a++) {
    bound += probs[state * ACTIONS + a];
    if (bound < uniform) action++;
  }
  return action;
}

// --- the inner loss -----------------------------------------------------------------------------

/** The inner loss of a task. It keeps the visits, the best episodes, and the steps so far. */
class InnerObjective {
  constructor(task, inner) {
    this.task = task;
    this.inner = inner;
    this.visits = new Float64Array(task.states);
    this.kept = /** @type {Episode[]} */ ([]);
    this.steps = 0;
    this.unit = inner.scaled ? task.largestReward : 1; // of rewards
  }

  /** Return new episodes, followed by those that earlier steps have kept. */
  withKept(episodes) {
    return [...episodes, ...this.kept];
  }

  /** Return the largest divergence that the trust region allows in this step, and count it. */
  limit() {
    return this.inner.trust / (1 + this.inner.narrowing * this.steps++);
  }

  /** Return the summed advantages per episode [S * A]. The best episodes are kept. */
  weights(episodes) {
    const joined = this.withKept(episodes);
    const advantages = this.advantages(episodes, joined);
    const weights = new Float64Array(this.task.states * ACTIONS);
    joined.forEach(({ states, actions, weight }, e) => {
      actions.forEach((action, h) => {
        weights[states[h] * ACTIONS + action] += weight * advantages[e][h];
      });
    });
    this.keep(joined);
    return weights.map((total) => total / episodes.length);
  }

  /** Return the advantages of each step of new and kept episodes, bonuses included. */
  advantages(episodes, joined) {
    const { task, inner, visits } = this;
    for (const { states } of episodes) for (const state of states.slice(1)) visits[state]++;
    const found = joined.map((episode) => foundAt(task, episode));
    const successes = found.filter((h) => h >= 0).length;
    const played = joined.filter(({ actions }) => actions.length).length;
    const rewards = joined.map((episode, e) => episode.rewards.map((reward, h) => {
      const own = found[e] >= 0 ? 1 : 0;
      const rarity = inner.rarity * (1 - (successes - own) / Math.max(1, played - 1));
      const novelty = inner.curiosity / Math.sqrt(Math.max(1, visits[episode.states[h + 1]]));
      return reward / this.unit + (h === found[e] ? rarity : 0) + (successes ? 0 : novelty);
    }));
    const lost = inner.lost_undiscounted && !successes;
    return advantagesOf(task, joined, rewards, lost ? 1 : inner.discount, inner.shrink);
  }

  /** Keep the most rewarding of the episodes that reached a goal, for later steps. */
  keep(joined) {
    const won = joined.filter((episode) => foundAt(this.task, episode) >= 0);
    won.sort((one, other) => sum(other.rewards) - sum(one.rewards));
    const best = won.slice(0, this.inner.kept);
    this.kept = best.map((episode) => ({ ...episode, weight: this.inner.kept_weight }));
  }
}

/** Return the first step of an episode that reaches a goal, or -1. */
function foundAt(task, { states }) {
  return Math.max(0, states.findIndex((state, h) => h > 0 && task.goal[state])) - 1;
}

/**
 * Return the advantages of all steps: return-to-go minus a baseline from the other episodes.
 *
 * The baseline is the mean over the other episodes' visits to the same state, shrunk towards their
 * mean at the same time step.
 */
function advantagesOf(task, episodes, rewards, discount, shrink) {
  const stepSum = new Float64Array(task.steps);
  const stepCount = new Float64Array(task.steps);
  const stateSum = new Float64Array(task.states);
  const stateCount = new Float64Array(task.states);
  const togo = rewards.map((own) => returnsToGo(own, discount));
  episodes.forEach(({ actions, states }, e) => {
    for (let h = 0; h < actions.length; h++) {
      stepSum[h] += togo[e][h];
      stepCount[h]++;
      stateSum[states[h]] += togo[e][h];
      stateCount[states[h]]++;
    }
  });
  const ownSum = new Float64Array(task.states);
  const ownCount = new Float64Array(task.states);
  return episodes.map(({ actions, states }, e) => {
    ownSum.fill(0);
    ownCount.fill(0);
    for (let h = 0; h < actions.length; h++) {
      ownSum[states[h]] += togo[e][h];
      ownCount[states[h]]++;
    }
    return togo[e].map((value, h) => {
      const others = stepCount[h] - 1;
      const stepMean = others > 0 ? (stepSum[h] - value) / others : 0;
      const weight = stateCount[states[h]] - ownCount[states[h]] + shrink;
      const total = stateSum[states[h]] - ownSum[states[h]] + shrink * stepMean;
      return value - (weight > 0 ? total / weight : 0);
    });
  });
}

/** Return the discounted sums of rewards from each step on. */
function returnsToGo(rewards, discount) {
  const togo = rewards.slice();
  for (let h = togo.length - 2; h >= 0; h--) togo[h] += discount * togo[h + 1];
  return togo;
}

// --- the gradient step --------------------------------------------------------------------------

/** Return the agent's step sizes of each step, multiplied by a factor. */
function stepSizes(learner, factor) {
  return unpacked(learner.stepSizes).map((sizes) =>
    Object.fromEntries(Object.entries(sizes).map(([name, size]) =>
      [name, Float64Array.from(size, (one) => one * factor)])));
}

/** Take a gradient step, shortened so far that the policy's divergence keeps to the limit. */
function trustedStep(params, sizes, body, policy, objective, episodes) {
  const joined = objective.withKept(episodes);
  const logits = lossByLogits(policy.probs, objective.weights(episodes), body);
  const grads = policy.gradients(logits);
  const whole = { ...params };
  for (const [name, size] of Object.entries(sizes)) {
    const grad = grads[name];
    whole[name] = params[name].map((p, i) => p - (size.length > 1 ? size[i] : size[0]) * grad[i]);
  }
  const limit = objective.limit();
  if (!limit) return whole;
  const share = trustedShare(policy, policyOf(body, whole), joined, body, limit);
  for (const name of Object.keys(sizes)) {
    whole[name] = whole[name].map((p, i) => (p - params[name][i]) * share + params[name][i]);
  }
  return whole;
}

/** Return the derivatives [R * A] of the inner loss by logits, given the weights [S * A]. */
function lossByLogits(probs, weights, body) {
  const result = new Float64Array(probs.length);
  weights.forEach((weight, i) => {
    const s = Math.floor(i / ACTIONS);
    result[body.rowOf[s] * ACTIONS + (i - s * ACTIONS)] -= weight;
  });
  for (let row = 0; row < probs.length; row += ACTIONS) {
    const total = sum(result.subarray(row, row + ACTIONS));
    for (let i = row; i < row + ACTIONS; i++) result[i] -= probs[i] * total;
  }
  return result;
}

/** Return the share of a step that the trust region allows, by the divergence of the whole step. */
function trustedShare(before, after, episodes, body, limit) {
  const visits = new Float64Array(before.probs.length / ACTIONS);
  for (const { states, actions } of episodes) {
    for (let h = 0; h < actions.length; h++) visits[body.rowOf[states[h]]]++;
  }
  let divergence = 0;
  visits.forEach((n, row) => {
    for (let i = row * ACTIONS; i < (row + 1) * ACTIONS; i++) {
      if (n) divergence += n * before.probs[i] * (before.logProbs[i] - after.logProbs[i]);
    }
  });
  return Math.min(1, (limit / Math.max(divergence / sum(visits), 1e-9)) ** 0.75);
}

// --- policies -----------------------------------------------------------------------------------

/** Return what an agent's policy is a function of: features of states, or of moves in a graph. */
function bodyOf(task, learner, goal) {
  if (learner.body === "features") return new FeaturesBody(task.features);
  const moves = (goal === null ? null : learner.movesByGoal[goal]) ?? learner.moves;
  return new GraphBody(task.graph, unpacked(moves));
}

/** @returns {Policy} the policy with these parameters */
function policyOf(body, params) {
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

/** The body 'features': a network over features; states that look alike share a row. */
class FeaturesBody {
  constructor(features) {
    this.rowOf = features.rowOf;
    this.input = { ...features, rows: features.first.length - 1 };
  }

  /** Leave out the features that no state of an earlier task had, from which the agent goes on. */
  leaveOut(other) {
    const known = new Set(other.input.column);
    const { column, values } = this.input;
    this.input.values = values.map((value, i) => (known.has(column[i]) ? value : 0));
  }

  /** Return the parameters that start at zero on every task: none. */
  tables() {
    return {};
  }

  /** Whether episodes change what is observed: never. */
  watch() {
    return false;
  }

  /** Return the logits [R * A] of the rows, and the function from their derivatives to grads. */
  logits(params) {
    const { output, gradients } = network(params, this.input);
    return { logits: output, gradients };
  }
}

/**
 * The body 'graph': a network scores each move in each node of the shown level, values attract or
 * repel from afar, and actions are told apart by what they did.
 */
class GraphBody {
  constructor(graph, moves) {
    this.graph = graph;
    this.rowOf = graph.rowOf;
    this.nodes = graph.cell.length;
    const rows = this.nodes * ACTIONS;
    this.input = { rows, width: moves.length / rows, values: moves };
    this.belief = new ControlsBelief(graph);
    this.believed = /** @type {Float64Array | null} */ (null); // [A * A] from moves to actions
  }

  /** Return the parameters that start at zero on every task. */
  tables() {
    return { table: new Float64Array(this.nodes * ACTIONS), values: new Float64Array(this.nodes) };
  }

  /** Learn from episodes which move each action is. */
  watch(episodes) {
    this.believed = this.belief.after(episodes);
    return true;
  }

  /** Return the logits [M * A] of the nodes, and the function from their derivatives to grads. */
  logits(params) {
    const run = network(params, this.input);
    const spread = spreadValues(params.values, this.graph.next);
    const scores = run.output.map((score, i) => score + spread.ahead[i]);
    centre(scores);
    const byAction = product(scores, params.controls);
    const told = this.believed ? product(byAction, this.believed) : byAction;
    const logits = told.map((logit, i) => logit + params.table[i]);
    const gradients = (outer) => {
      const table = outer;
      const before = this.believed ? product(outer, transposed(this.believed)) : outer;
      const controls = new Float64Array(ACTIONS * ACTIONS);
      for (let row = 0; row < scores.length; row += ACTIONS) {
        for (let i = 0; i < controls.length; i++) {
          controls[i] += scores[row + Math.floor(i / ACTIONS)] * before[row + (i % ACTIONS)];
        }
      }
      const byScore = product(before, transposed(params.controls));
      centre(byScore);
      return { ...run.gradients(byScore), controls, table, values: spread.gradient(byScore) };
    };
    return { logits, gradients };
  }
}

/** Return what each move leads towards [M * A], of values [M], and the function to its gradient. */
function spreadValues(values, next) {
  const stages = [values]; // values after each move of the spread
  for (let k = 0; k < SPREAD; k++) {
    const most = mostAhead(stages[k], next);
    stages.push(values.map((value, m) => value + FADING * most[m]));
  }
  const ahead = Float64Array.from(next, (node) => stages[SPREAD][node]);
  const gradient = (outer) => {
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
function mostAhead(values, next) {
  const most = new Float64Array(values.length).fill(-Infinity);
  for (let i = 0, m = 0; m < most.length; m++) {
    for (let a = 0; a < ACTIONS; a++, i++) most[m] = Math.max(most[m], values[next[i]]);
  }
  return most;
}

/** Return the gradient by the values; moves that are equally good share alike, as in torch. */
function mostAheadGradient(values, next, outer) {
  const most = mostAhead(values, next);
  const result = new Float64Array(values.length);
  for (let m = 0, first = 0; m < most.length; m++, first += ACTIONS) {
    let best = 0;
    for (let i = first; i < first + ACTIONS; i++) if (values[next[i]] === most[m]) best++;
    for (let i = first; i < first + ACTIONS; i++) {
      if (values[next[i]] === most[m]) result[next[i]] += outer[m] / best;
    }
  }
  return result;
}

/** Subtract its mean from each row of a matrix [n * A]. */
function centre(matrix) {
  for (let row = 0; row < matrix.length; row += ACTIONS) {
    const mean = sum(matrix.subarray(row, row + ACTIONS)) / ACTIONS;
    for (let i = row; i < row + ACTIONS; i++) matrix[i] -= mean;
  }
}

/** Return the product of a matrix [n * A] and a matrix [A * A]. */
function product(matrix, square) {
  const result = new Float64Array(matrix.length);
  for (let row = 0; row < matrix.length; row += ACTIONS) {
    for (let i = 0; i < square.length; i++) {
      result[row + (i % ACTIONS)] += matrix[row + Math.floor(i / ACTIONS)] * square[i];
    }
  }
  return result;
}

/** Return the transpose of a matrix [A * A]. */
function transposed(square) {
  return square.map((_, i) => square[(i % ACTIONS) * ACTIONS + Math.floor(i / ACTIONS)]);
}

/**
 * Run the network, and return its output [rows * outputs] and the function to its gradients.
 *
 * A `context`, if present, holds further inputs that are equal everywhere, with the weights `c0`.
 *
 * @param {Params} params
 * @param {any} input sparse rows, or a dense matrix
 */
function network(params, input) {
  const depth = Object.keys(params).filter((name) => /^w\d+$/.test(name)).length;
  const layers = [input];
  for (let i = 0; i < depth; i++) {
    const bias = i || !params.context ? params[`b${i}`] : biasWithContext(params);
    const width = bias.length;
    const layer = { rows: input.rows, width, values: new Float64Array(input.rows * width) };
    for (let row = 0; row < input.rows; row++) layer.values.set(bias, row * width);
    addProduct(layers[i], params[`w${i}`], layer);
    if (i < depth - 1) layer.values.forEach((value, j) => (layer.values[j] = Math.tanh(value)));
    layers.push(layer);
  }
  return {
    output: layers[depth].values,
    gradients: (outer) => networkGradients(params, layers, outer),
  };
}

/** Return the bias of the first layer together with what the context adds to it. */
function biasWithContext({ b0, c0, context }) {
  return b0.map((bias, j) => {
    context.forEach((value, c) => (bias += value * c0[c * b0.length + j]));
    return bias;
  });
}

/** Return the gradients of a network's parameters from the derivatives by its output. */
function networkGradients(params, layers, outer) {
  const grads = /** @type {Params} */ ({});
  for (let i = layers.length - 2; i >= 0; i--) {
    const width = layers[i + 1].width;
    const bias = new Float64Array(width);
    outer.forEach((value, j) => (bias[j % width] += value));
    const weights = new Float64Array(params[`w${i}`].length);
    addGradient(layers[i], outer, width, weights);
    grads[`w${i}`] = weights;
    grads[`b${i}`] = bias;
    if (i) outer = throughTanh(layers[i], params[`w${i}`], outer, width);
    else if (params.context) {
      const { c0, context } = params;
      grads.context = context.map((_, c) => sum(bias.map((value, j) => value * c0[c * width + j])));
    }
  }
  return grads;
}

/** Add the product of an input and the weights [in * out] to a layer. */
function addProduct(input, weights, layer) {
  const { width, values } = layer;
  for (let row = 0, to = 0; row < input.rows; row++, to += width) {
    const [begin, end] = entries(input, row);
    for (let i = begin; i < end; i++) {
      const value = input.values[i];
      const from = (input.column ? input.column[i] : i - begin) * width;
      for (let j = 0; j < width; j++) values[to + j] += value * weights[from + j];
    }
  }
}

/** Add the gradient of weights [in * out], given the derivatives [rows * out] by the product. */
function addGradient(input, outer, width, weights) {
  for (let row = 0, from = 0; row < input.rows; row++, from += width) {
    const [begin, end] = entries(input, row);
    for (let i = begin; i < end; i++) {
      const value = input.values[i];
      const to = (input.column ? input.column[i] : i - begin) * width;
      for (let j = 0; j < width; j++) weights[to + j] += value * outer[from + j];
    }
  }
}

/** Return where the entries of a row begin and end among an input's values, sparse or dense. */
function entries(input, row) {
  if (input.first) return [input.first[row], input.first[row + 1]];
  return [row * input.width, (row + 1) * input.width];
}

/** Return the derivatives by the inputs of a hidden layer's tanh, given those after its weights. */
function throughTanh(layer, weights, outer, width) {
  const result = new Float64Array(layer.values.length);
  for (let row = 0, i = 0; row < layer.rows; row++) {
    for (let column = 0; column < layer.width; column++, i++) {
      const from = column * width - row * width;
      let total = 0;
      for (let j = row * width; j < (row + 1) * width; j++) total += outer[j] * weights[from + j];
      result[i] = total * (1 - layer.values[i] ** 2);
    }
  }
  return result;
}

// --- what actions do ----------------------------------------------------------------------------

/** The belief about which move each action is: an exact posterior over permutations. */
class ControlsBelief {
  constructor(graph) {
    this.graph = graph;
    this.inDoubt = graph.belief.inDoubt;
    this.counts = Array.from({ length: ACTIONS }, () => new Map()); // by action: outcome -> times
    this.permutations = permutations([...Array(ACTIONS).keys()]);
  }

  /** Count the outcomes in episodes; return the belief [A * A] from moves (rows) to actions. */
  after(episodes) {
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
  count(action, state, entered) {
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
    const joint = [];
    this.permutations.forEach((moves, g) => prior.forEach((log, w) => {
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
  logLikelihood(counts) {
    const { winds, factors, left, right, slips, shares, unlikely } = this.graph.belief;
    const result = new Float64Array(winds.length * factors.length * ACTIONS);
    for (const [outcome, times] of counts) {
      const share = (outcome % shares) / (shares - 1);
      const ground = (Math.floor(outcome / shares) % slips) / (slips - 1);
      const pattern = Math.floor(outcome / (shares * slips));
      const matches = (move) => (pattern >> move) & 1;
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

/** Return all orders of some items, in lexicographic order of their places. */
function permutations(items) {
  if (!items.length) return [[]];
  return items.flatMap((first) =>
    permutations(items.filter((item) => item !== first)).map((rest) => [first, ...rest]));
}

// --- random numbers -----------------------------------------------------------------------------

/** Return the initialisation that an agent without meta-training draws; undefined for others. */
function drawnWeights(learner, seed) {
  if (!learner.drawn) return undefined;
  const { sizes, inputs, columns, lastGain } = unpacked(learner.drawn);
  const numbers = new NumpyRandom([BigInt(seed)]);
  const weights = /** @type {Params} */ ({});
  for (let i = 0; i + 1 < sizes.length; i++) {
    const [rows, width] = [i ? sizes[i] : inputs, sizes[i + 1]];
    const gain = i + 2 < sizes.length ? 1 : lastGain;
    const draw = () => Math.fround((numbers.normal() * gain) / Math.sqrt(rows));
    const all = Float64Array.from({ length: rows * width }, draw);
    weights[`w${i}`] = i ? all : rowsOf(all, columns, width);
    weights[`b${i}`] = new Float64Array(width);
  }
  return weights;
}

/** Return some rows of a matrix; further rows than it has are 0. */
function rowsOf(matrix, rows, width) {
  const result = new Float64Array(rows.length * width);
  rows.forEach((row, i) => result.set(matrix.subarray(row * width, (row + 1) * width), i * width));
  return result;
}

const WORD = (1n << 32n) - 1n;
const FACTOR = 0x2360ed051fc65da44385df649fccf645n;
const NORMAL_LAYERS = 256;
const NORMAL_TAIL = 3.6541528853610088; // where the lowest layer's tail begins
const NORMAL_AREA = 0.00492867323397465524494; // of each layer

/** The generator of `numpy.random.default_rng(entropy)`: PCG64 with SeedSequence (O'Neill 2014). */
export class NumpyRandom {
  /** @param {bigint[]} entropy */
  constructor(entropy) {
    const [a, b, c, d] = seedWords(entropy);
    this.increment = BigInt.asUintN(128, (((c << 64n) | d) << 1n) | 1n);
    this.state = 0n;
    this.advance();
    this.state = BigInt.asUintN(128, this.state + ((a << 64n) | b));
    this.advance();
  }

  /** Go to the next state. */
  advance() {
    this.state = BigInt.asUintN(128, this.state * FACTOR + this.increment);
  }

  /** Return the next 64 random bits. */
  bits() {
    this.advance();
    const word = BigInt.asUintN(64, (this.state >> 64n) ^ this.state);
    const turn = this.state >> 122n;
    return BigInt.asUintN(64, (word >> turn) | (word << (64n - turn)));
  }

  /** Return the next uniform number in [0, 1). */
  random() {
    return Number(this.bits() >> 11n) / 2 ** 53;
  }

  /** Return the next number of the normal distribution, by the ziggurat (Marsaglia, Tsang 2000). */
  normal() {
    const { widths, inside, heights } = (this.layers ??= normalLayers());
    for (;;) {
      const bits = this.bits();
      const layer = Number(bits & 255n);
      const sign = bits & 256n ? -1 : 1;
      const share = Number((bits >> 9n) & ((1n << 52n) - 1n));
      const x = (share * widths[layer]) / 2 ** 52;
      if (x < inside[layer]) return sign * x;
      if (!layer) return (Math.floor(share / 256) % 2 ? -1 : 1) * this.tail();
      const height = (heights[layer - 1] - heights[layer]) * this.random() + heights[layer];
      if (height < Math.exp(-0.5 * x * x)) return sign * x;
    }
  }

  /** Return a number from the normal distribution's tail. */
  tail() {
    for (;;) {
      const x = -Math.log1p(-this.random()) / NORMAL_TAIL;
      const y = -Math.log1p(-this.random());
      if (y + y > x * x) return NORMAL_TAIL + x;
    }
  }
}

/** Return the widths and the heights of the ziggurat's layers; layer 0 has the tail. */
function normalLayers() {
  const density = (x) => Math.exp(-0.5 * x * x);
  const widths = new Float64Array(NORMAL_LAYERS);
  widths[0] = NORMAL_AREA / density(NORMAL_TAIL);
  widths[NORMAL_LAYERS - 1] = NORMAL_TAIL;
  for (let i = NORMAL_LAYERS - 2; i > 0; i--) {
    const x = widths[i + 1];
    widths[i] = Math.sqrt(-2 * Math.log(NORMAL_AREA / x + density(x)));
  }
  const heights = widths.map(density);
  heights[0] = 1;
  const inside = Float64Array.of(NORMAL_TAIL, 0, ...widths.subarray(1, -1)); // below the curve
  return { widths, inside, heights };
}

/** Return the four words of 64 bits that numpy's SeedSequence makes of its entropy. */
function seedWords(entropy) {
  const words = entropy.flatMap((number) => {
    const parts = [];
    for (let rest = number; rest || !parts.length; rest >>= 32n) parts.push(rest & WORD);
    return parts;
  });
  const pool = mixedPool(words);
  const hash = hasher(0x8b51f9ddn, 0x58f38dedn);
  const halves = Array.from({ length: 8 }, (_, i) => hash(pool[i % 4]));
  return [0, 2, 4, 6].map((i) => halves[i] | (halves[i + 1] << 32n));
}

/** Return the pool of four words of 32 bits that a SeedSequence keeps. */
function mixedPool(words) {
  const hash = hasher(0x43b0d7e5n, 0x931e8875n);
  const pool = [0, 1, 2, 3].map((i) => hash(words[i] ?? 0n));
  const mix = (to, word) => {
    const mixed = (0xca01f9ddn * pool[to] - 0x4973f715n * hash(word)) & WORD;
    pool[to] = mixed ^ (mixed >> 16n);
  };
  for (let from = 0; from < 4; from++) {
    for (let to = 0; to < 4; to++) if (from !== to) mix(to, pool[from]);
  }
  for (const word of words.slice(4)) for (let to = 0; to < 4; to++) mix(to, word);
  return pool;
}

/** Return a hash of words of 32 bits that changes with each call. */
function hasher(constant, factor) {
  return (word) => {
    word ^= constant;
    constant = (constant * factor) & WORD;
    word = (word * constant) & WORD;
    return word ^ (word >> 16n);
  };
}

// --- packed arrays ------------------------------------------------------------------------------

/** Return data of `live_tables.py` with typed arrays in place of packed ones. */
export function unpacked(tree) {
  if (Array.isArray(tree)) return tree.map(unpacked);
  if (tree === null || typeof tree !== "object") return tree;
  if (!("data" in tree)) {
    return Object.fromEntries(Object.entries(tree).map(([name, value]) => [name, unpacked(value)]));
  }
  const numbers = fromBase64(tree.type, tree.data);
  return tree.values ? Float64Array.from(numbers, (place) => tree.values[place]) : numbers;
}

const ARRAYS = {
  u1: Uint8Array,
  u2: Uint16Array,
  u4: Uint32Array,
  f4: Float32Array,
  f8: Float64Array,
};

/** Return the numbers of an array by its type; floats in double precision. */
function fromBase64(type, data) {
  const bytes = Uint8Array.from(atob(data), (char) => char.charCodeAt(0));
  const numbers = new ARRAYS[type](bytes.buffer);
  return type === "f4" ? Float64Array.from(numbers) : numbers;
}

/** Return a tree of arrays with changes made to it. */
function changed(tree, changes) {
  const result = { ...tree };
  for (const [name, change] of Object.entries(changes)) {
    const old = tree[name];
    if (isTree(change) && ArrayBuffer.isView(old)) result[name] = patched(old, change);
    else if (isTree(change) && isTree(old)) result[name] = changed(old, change);
    else result[name] = change;
  }
  return result;
}

/** Return whether a value has named values inside. */
function isTree(value) {
  const isList = ArrayBuffer.isView(value) || Array.isArray(value);
  return value !== null && typeof value === "object" && !isList;
}

/** Return an array with the values `to` at the indices `at`; values may need a wider type. */
function patched(array, { at, to }) {
  const result = array instanceof Float64Array ? array.slice() : Uint32Array.from(array);
  at.forEach((index, i) => (result[index] = to[i]));
  return result;
}

/** Return the sum of numbers, from the first to the last. */
function sum(numbers) {
  let total = 0;
  for (const number of numbers) total += number;
  return total;
}
