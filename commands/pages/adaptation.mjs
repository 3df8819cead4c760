/**
 * Adaptation by gradients, computed in a page: the same inner loop as `agents/gradient`.
 *
 * An agent samples episodes from a level's transition tables, and takes a gradient step on their
 * advantages within a trust region. All data come from `live_tables.py`. Given the same random
 * numbers, the returns and policies are those of Python up to rounding. The module and those that
 * it imports touch no page, so that their text can also run in a Worker.
 */
import { ACTIONS, sum } from "./matrices.mjs";
import { drawnWeights } from "./network.mjs";
import { changed, unpacked } from "./packing.mjs";
import { bodyOf, policyOf } from "./policies.mjs";
import { NumpyRandom } from "./random.mjs";

/**
 * @typedef {import("./policies.mjs").Body} Body
 * @typedef {import("./network.mjs").Params} Params
 * @typedef {import("./policies.mjs").Policy} Policy
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
 * @typedef {object} Problem
 * @property {any} task see `taskOf`
 * @property {Body} body what the policy is a function of
 * @property {InnerObjective} objective
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
 * Yield the steps of an adaptation; step 0 is before adaptation. (`adapt_through` in
 * agents/adaptation.py, `inner_loop` in agents/gradient/inner_loop.py)
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
      // Python samples this step on the old task, too, before the agent begins anew
      if (!learner.follows) sampled(task, body, policyOf(body, params), inner.episodes, random);
      const before = body;
      ({ task, body, objective } = problemOf(live, learner, inner, moved.goal));
      if (learner.follows) body.leaveOut(before);
      else [params, first] = [{ ...weights, ...body.tables() }, k];
    }
    let policy = policyOf(body, params);
    const episodes = sampled(task, body, policy, inner.episodes, random);
    yield adaptationStep(live, task, body, policy, episodes, k, envSteps);
    if (k === steps) return;
    envSteps += sum(episodes.map((episode) => episode.actions.length));
    if (body.watch(episodes)) policy = policyOf(body, params);
    const size = sizes[Math.min(k - first, sizes.length - 1)];
    params = trustedStep(params, size, body, policy, objective, episodes);
  }
}

/**
 * Return the task with its goal there, what the agent sees of it, and the inner loss.
 *
 * @returns {Problem}
 */
function problemOf(/** @type {any} */ live, /** @type {any} */ learner, /** @type {any} */ inner, /** @type {number | null} */ goal) {
  const task = taskOf(live, goal);
  return { task, body: bodyOf(task, learner, goal), objective: new InnerObjective(task, inner) };
}

/**
 * Return one step as pages show it. (`adaptation_step` in agents/rollout.py)
 *
 * @param {any} live
 * @param {any} task
 * @param {Body} body
 * @param {Policy} policy
 * @param {Episode[]} episodes
 * @param {number} step
 * @param {number} envSteps
 * @returns {Step}
 */
function adaptationStep(live, task, body, policy, episodes, step, envSteps) {
  const rows = rowsByState(policy.probs, body).map((row) => row.map((prob) => prob / sum(row)));
  const returnExact = expectedReturn(task, Float64Array.from(rows.flat()));
  const room = task.optimal - task.random;
  return {
    step,
    episodes: step * episodes.length,
    envSteps,
    gradientSteps: step,
    returnExact,
    returnSampled: sum(episodes.map((episode) => sum(episode.rewards))) / episodes.length,
    score: room > 1e-12 ? (returnExact - task.random) / room : 0,
    probs: rows,
    paths: episodes.slice(0, live.shown).map(({ states }) =>
      states.concat(Array(task.steps + 1 - states.length).fill(-1))),
  };
}

/** Return the probabilities [S][A] of all states, given those of the rows [R * A] they share. */
function rowsByState(/** @type {Float64Array} */ probs, /** @type {Body} */ body) {
  return Array.from(body.rowOf, (row) => Array.from(probs.subarray(row * ACTIONS, (row + 1) * ACTIONS)));
}

// --- rollout ------------------------------------------------------------------------------------

/**
 * Sample episodes, drawing random numbers in the order of Python: starts, then actions step by
 * step, then wind and slips. (`roll_out` in agents/rollout.py)
 *
 * @param {any} task
 * @param {Body} body
 * @param {Policy} policy
 * @param {number} n
 * @param {Random} random
 * @returns {Episode[]}
 */
function sampled(task, body, policy, n, random) {
  const { starts } = task;
  const begins = Array.from({ length: n }, () =>
    starts[starts.length > 1 ? Math.floor(random() * starts.length) : 0]);
  const draws = Float64Array.from({ length: task.steps * n }, random);
  const slips = task.detours && Float64Array.from({ length: task.steps * n }, random);
  return begins.map((start, e) => {
    const episode = newEpisode(start);
    for (let h = 0, state = start; h < task.steps && !task.over[state]; h++) {
      const action = chosen(policy.probs, body.rowOf[state], draws[h * n + e]);
      const taken = slips ? task.detours(state, action, slips[h * n + e]) : action;
      episode.actions.push(action);
      episode.rewards.push(task.reward[state * ACTIONS + taken]);
      state = task.next[state * ACTIONS + taken];
      episode.states.push(state);
    }
    return episode;
  });
}

/** @returns {Episode} an episode that has just begun */
const newEpisode = (/** @type {number} */ start) => ({ states: [start], actions: [], rewards: [], weight: 1 });

/** Return the action that a uniform number chooses. (`draw` in agents/rollout.py) */
function chosen(/** @type {Float64Array} */ probs, /** @type {number} */ row, /** @type {number} */ uniform) {
  let bound = 0;
  let action = 0;
  for (let a = 0; a < ACTIONS - 1; a++) {
    bound += probs[row * ACTIONS + a];
    if (bound < uniform) action++;
  }
  return action;
}

// --- advantages ---------------------------------------------------------------------------------

/**
 * The inner loss of a task. It keeps the visits, the best episodes, and the steps so far.
 * (`InnerObjective` in agents/gradient/inner_loop.py)
 */
class InnerObjective {
  constructor(/** @type {any} */ task, /** @type {any} */ inner) {
    this.task = task;
    this.inner = inner;
    this.visits = new Float64Array(task.states);
    this.kept = /** @type {Episode[]} */ ([]);
    this.steps = 0;
    this.unit = inner.scaled ? task.largestReward : 1; // of rewards
  }

  /** Return new episodes, followed by those that earlier steps have kept. */
  withKept(/** @type {Episode[]} */ episodes) {
    return [...episodes, ...this.kept];
  }

  /** Return the largest divergence that the trust region allows in this step, and count it. */
  limit() {
    return this.inner.trust / (1 + this.inner.narrowing * this.steps++);
  }

  /** Return the summed advantages per episode [S * A]. The best episodes are kept. */
  weights(/** @type {Episode[]} */ episodes) {
    for (const { states } of episodes) for (const state of states.slice(1)) this.visits[state]++;
    const joined = this.withKept(episodes);
    const advantages = this.advantages(joined);
    const weights = new Float64Array(this.task.states * ACTIONS);
    joined.forEach(({ states, actions, weight }, e) => {
      actions.forEach((action, h) => {
        weights[states[h] * ACTIONS + action] += weight * advantages[e][h];
      });
    });
    this.keep(joined);
    return weights.map((total) => total / episodes.length);
  }

  /** Return the advantages of each step of episodes, bonuses included. */
  advantages(/** @type {Episode[]} */ episodes) {
    const { inner } = this;
    const found = episodes.map((episode) => foundAt(this.task, episode));
    const isLost = found.every((h) => h < 0);
    const rewards = episodes.map((episode, e) => episode.rewards.map((reward, h) => {
      const rarity = h === found[e] ? this.rarity(episodes, found) : 0;
      return reward / this.unit + rarity + (isLost ? this.novelty(episode.states[h + 1]) : 0);
    }));
    const discount = isLost && inner.lost_undiscounted ? 1 : inner.discount;
    return advantagesOf(this.task, episodes, rewards, discount, inner.shrink);
  }

  /** Return the bonus for a goal, which is larger if fewer of the other episodes reached one. */
  rarity(/** @type {Episode[]} */ episodes, /** @type {number[]} */ found) {
    const others = found.filter((h) => h >= 0).length - 1;
    const played = episodes.filter(({ actions }) => actions.length).length;
    return this.inner.rarity * (1 - others / Math.max(1, played - 1));
  }

  /** Return the bonus for entering a state, which is smaller after more visits. */
  novelty(/** @type {number} */ state) {
    return this.inner.curiosity / Math.sqrt(Math.max(1, this.visits[state]));
  }

  /** Keep the most rewarding of the episodes that reached a goal, for later steps. */
  keep(/** @type {Episode[]} */ joined) {
    const won = joined.filter((episode) => foundAt(this.task, episode) >= 0);
    won.sort((one, other) => sum(other.rewards) - sum(one.rewards));
    const best = won.slice(0, this.inner.kept);
    this.kept = best.map((episode) => ({ ...episode, weight: this.inner.kept_weight }));
  }
}

/** Return the first step of an episode that reaches a goal, or -1. */
function foundAt(/** @type {any} */ task, /** @type {Episode} */ { states }) {
  return Math.max(0, states.findIndex((state, h) => h > 0 && task.goal[state])) - 1;
}

/**
 * Return the advantages of all steps: return-to-go minus a baseline, the mean over the other
 * episodes' visits to the same state, shrunk towards their mean at the same time step.
 * (`advantages` in agents/gradient/losses.py)
 *
 * @param {any} task
 * @param {Episode[]} episodes
 * @param {number[][]} rewards of each step, bonuses included
 * @param {number} discount
 * @param {number} shrink
 */
function advantagesOf(task, episodes, rewards, discount, shrink) {
  const togo = rewards.map((own) => returnsToGo(own, discount));
  const byStep = new Tally(task.steps);
  const byState = new Tally(task.states);
  episodes.forEach(({ states }, e) => {
    byStep.add(togo[e], (h) => h);
    byState.add(togo[e], (h) => states[h]);
  });
  const own = new Tally(task.states);
  return episodes.map(({ states }, e) => {
    own.clear();
    own.add(togo[e], (h) => states[h]);
    return togo[e].map((value, h) => {
      const state = states[h];
      const others = byStep.count[h] - 1;
      const stepMean = others > 0 ? (byStep.sum[h] - value) / others : 0;
      const weight = byState.count[state] - own.count[state] + shrink;
      const total = byState.sum[state] - own.sum[state] + shrink * stepMean;
      return value - (weight > 0 ? total / weight : 0);
    });
  });
}

/** Sums and numbers of values at each of `n` places. */
class Tally {
  constructor(/** @type {number} */ n) {
    this.sum = new Float64Array(n);
    this.count = new Float64Array(n);
  }

  clear() {
    this.sum.fill(0);
    this.count.fill(0);
  }

  /** Add the values of an episode's steps. */
  add(/** @type {number[]} */ values, /** @type {(h: number) => number} */ placeOf) {
    values.forEach((value, h) => {
      this.sum[placeOf(h)] += value;
      this.count[placeOf(h)]++;
    });
  }
}

/** Return the discounted sums of rewards from each step on. (`returns_to_go` in losses.py) */
function returnsToGo(/** @type {number[]} */ rewards, /** @type {number} */ discount) {
  const togo = rewards.slice();
  for (let h = togo.length - 2; h >= 0; h--) togo[h] += discount * togo[h + 1];
  return togo;
}

// --- the inner step -----------------------------------------------------------------------------

/**
 * Return the agent's step sizes of each step, multiplied by a factor.
 *
 * @returns {Params[]} numbers by the names of parameters, one of each or a single one
 */
function stepSizes(/** @type {any} */ learner, /** @type {number} */ factor) {
  const scaled = (/** @type {Float64Array} */ size) => Float64Array.from(size, (one) => one * factor);
  return unpacked(learner.stepSizes).map((/** @type {Params} */ sizes) =>
    Object.fromEntries(Object.entries(sizes).map(([name, size]) => [name, scaled(size)])));
}

/**
 * Take a gradient step, shortened so far that the policy's divergence keeps to the limit.
 * (`inner_update` and `trusted_step` in agents/gradient/inner_loop.py)
 *
 * @param {Params} params
 * @param {Params} sizes step sizes of the parameters that adapt
 * @param {Body} body
 * @param {Policy} policy with these parameters
 * @param {InnerObjective} objective
 * @param {Episode[]} episodes
 * @returns {Params}
 */
function trustedStep(params, sizes, body, policy, objective, episodes) {
  const joined = objective.withKept(episodes);
  const grads = policy.gradients(lossByLogits(policy.probs, objective.weights(episodes), body));
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

/**
 * Return the derivatives [R * A] of the inner loss by logits, given the weights [S * A].
 * (the gradient of `lvc_surrogate` in agents/gradient/losses.py; the other surrogates have the
 * same one)
 */
function lossByLogits(/** @type {Float64Array} */ probs, /** @type {Float64Array} */ weights, /** @type {Body} */ body) {
  const result = new Float64Array(probs.length);
  weights.forEach((weight, i) => {
    const state = Math.floor(i / ACTIONS);
    result[body.rowOf[state] * ACTIONS + (i - state * ACTIONS)] -= weight;
  });
  for (let row = 0; row < probs.length; row += ACTIONS) {
    const total = sum(result.subarray(row, row + ACTIONS));
    for (let i = row; i < row + ACTIONS; i++) result[i] -= probs[i] * total;
  }
  return result;
}

/**
 * Return the share of a step that the trust region allows, by the divergence of the whole step.
 * (`_trusted_share` in agents/gradient/inner_loop.py)
 *
 * @param {Policy} before
 * @param {Policy} after
 * @param {Episode[]} episodes
 * @param {Body} body
 * @param {number} limit
 */
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

// --- exact return -------------------------------------------------------------------------------

/**
 * Return the expected return of a policy [S * A] on a task of `taskOf`, by sweeps from the last
 * step to the first. (`expected_return` in game/world/planner.py)
 *
 * @param {any} task
 * @param {Float64Array} probs
 */
export function expectedReturn(task, probs) {
  const moves = task.chance ? effective(task, probs) : probs;
  let value = new Float64Array(task.states);
  for (let left = 0; left < task.steps; left++) {
    const next = new Float64Array(task.states);
    let isSettled = true;
    for (let s = 0, i = 0; s < task.states; s++) {
      for (let a = 0; a < ACTIONS; a++, i++) {
        next[s] += (task.reward[i] + value[task.next[i]]) * moves[i];
      }
      isSettled &&= next[s] === value[s];
    }
    value = next;
    if (isSettled) break;
  }
  return sum(Array.from(task.starts, (s) => value[s])) / task.starts.length;
}

/**
 * Return the distribution [S * A] of the action that takes effect: wind and slip replace some.
 * (`Dynamics.effective` in agents/gradient/losses.py)
 */
function effective(/** @type {any} */ task, /** @type {Float64Array} */ probs) {
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

// --- the task -----------------------------------------------------------------------------------

/** Return the tables of the task, with its goal moved to `live.goals[goal]` unless that is null. */
export function taskOf(/** @type {any} */ live, /** @type {number | null} */ goal = null) {
  const own = unpacked(live.task);
  const task = goal === null ? own : changed(own, unpacked(live.goals[goal].changes));
  return { ...task, states: task.over.length, detours: task.chance && detoursOf(task) };
}

/** Return which action takes effect: one of three others where a uniform number is below a bound. */
function detoursOf(/** @type {any} */ task) {
  const { slip, lean, sides, leftFirst, wind } = task.chance;
  const blowing = sum(wind);
  const blown = wind.indexOf(Math.max(...wind));
  return (/** @type {number} */ state, /** @type {number} */ action, /** @type {number} */ uniform) => {
    const slipping = (1 - blowing) * slip[state];
    if (uniform >= blowing + slipping) return action;
    if (uniform < blowing) return blown;
    const left = (1 - blowing) * lean[state] * leftFirst[action];
    return sides[action][uniform < blowing + (slipping / 2 - left) ? 1 : 0];
  };
}
