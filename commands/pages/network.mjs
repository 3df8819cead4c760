/**
 * The network of a policy, and its gradients: `_network` and `init_mlp` of `agents/gradient/policy.py`.
 */
import { sum } from "./matrices.mjs";
import { unpacked } from "./packing.mjs";
import { NumpyRandom } from "./random.mjs";

/**
 * @typedef {Record<string, Float64Array>} Params parameters by name, matrices row by row
 *
 * @typedef {object} Layer a matrix [rows * width], dense; or, for an input, in sparse rows
 * @property {number} rows
 * @property {number} width
 * @property {Float64Array} values
 * @property {ArrayLike<number>} [first] of the values of each row, where rows are sparse
 * @property {ArrayLike<number>} [column] of each value, where rows are sparse
 */

/**
 * Run the network, and return its output [rows * outputs] and the function to its gradients.
 *
 * A `context`, if present, holds further inputs that are equal everywhere, with the weights `c0`.
 *
 * @param {Params} params
 * @param {Layer} input
 */
export function network(params, input) {
  const depth = Object.keys(params).filter((name) => /^w\d+$/.test(name)).length;
  const layers = [input];
  for (let i = 0; i < depth; i++) {
    const bias = i || !params.context ? params[`b${i}`] : biasWithContext(params);
    const layer = afterWeights(layers[i], params[`w${i}`], bias);
    if (i < depth - 1) layer.values = layer.values.map(Math.tanh);
    layers.push(layer);
  }
  return {
    output: layers[depth].values,
    gradients: (/** @type {Float64Array} */ outer) => networkGradients(params, layers, outer),
  };
}

/** Return the bias of the first layer together with what the context adds to it. */
function biasWithContext(/** @type {Params} */ { b0, c0, context }) {
  return b0.map((bias, j) => {
    context.forEach((value, c) => (bias += value * c0[c * b0.length + j]));
    return bias;
  });
}

/**
 * Return the gradients of a network's parameters from the derivatives by its output.
 *
 * @param {Params} params
 * @param {Layer[]} layers the input first
 * @param {Float64Array} outer
 */
function networkGradients(params, layers, outer) {
  const grads = /** @type {Params} */ ({});
  for (let i = layers.length - 2; i >= 0; i--) {
    const width = layers[i + 1].width;
    const bias = new Float64Array(width);
    outer.forEach((value, j) => (bias[j % width] += value));
    grads[`w${i}`] = weightGradient(layers[i], outer, width, params[`w${i}`].length);
    grads[`b${i}`] = bias;
    if (i) outer = throughTanh(layers[i], params[`w${i}`], outer, width);
    else if (params.context) {
      const { c0, context } = params;
      grads.context = context.map((_, c) => sum(bias.map((value, j) => value * c0[c * width + j])));
    }
  }
  return grads;
}

/** Return the layer after weights [in * out] and a bias [out]. */
function afterWeights(/** @type {Layer} */ input, /** @type {Float64Array} */ weights, /** @type {Float64Array} */ bias) {
  const width = bias.length;
  const values = new Float64Array(input.rows * width);
  for (let row = 0; row < input.rows; row++) values.set(bias, row * width);
  eachEntry(input, (value, row, column) => {
    const [to, from] = [row * width, column * width];
    for (let j = 0; j < width; j++) values[to + j] += value * weights[from + j];
  });
  return { rows: input.rows, width, values };
}

/**
 * Return the gradient of weights [in * out], given the derivatives [rows * out] by the layer after.
 *
 * @param {Layer} input
 * @param {Float64Array} outer
 * @param {number} width
 * @param {number} n number of weights
 */
function weightGradient(input, outer, width, n) {
  const grad = new Float64Array(n);
  eachEntry(input, (value, row, column) => {
    const [from, to] = [row * width, column * width];
    for (let j = 0; j < width; j++) grad[to + j] += value * outer[from + j];
  });
  return grad;
}

/** Visit the entries of a layer, row by row: all of a dense one. */
function eachEntry(/** @type {Layer} */ layer, /** @type {(value: number, row: number, column: number) => void} */ visit) {
  const { first, column, values, width } = layer;
  for (let row = 0; row < layer.rows; row++) {
    const begin = first ? first[row] : row * width;
    const end = first ? first[row + 1] : begin + width;
    for (let i = begin; i < end; i++) visit(values[i], row, column ? column[i] : i - begin);
  }
}

/**
 * Return the derivatives by the inputs of a hidden layer's tanh, given those after its weights.
 *
 * @param {Layer} layer
 * @param {Float64Array} weights [in * out]
 * @param {Float64Array} outer [rows * out]
 * @param {number} width
 */
function throughTanh(layer, weights, outer, width) {
  return layer.values.map((value, i) => {
    const row = Math.floor(i / layer.width) * width;
    const column = (i % layer.width) * width;
    let total = 0;
    for (let j = 0; j < width; j++) total += outer[row + j] * weights[column + j];
    return total * (1 - value ** 2);
  });
}

/**
 * Return the initialisation that an agent without meta-training draws; undefined for others.
 * (`init_mlp`)
 *
 * @returns {Params | undefined}
 */
export function drawnWeights(/** @type {any} */ learner, /** @type {number} */ seed) {
  if (!learner.drawn) return undefined;
  const { sizes, inputs, columns, lastGain } = unpacked(learner.drawn);
  const numbers = new NumpyRandom([BigInt(seed)]);
  const weights = /** @type {Params} */ ({});
  for (let i = 0; i + 1 < sizes.length; i++) {
    const [rows, width] = [i ? sizes[i] : inputs, sizes[i + 1]];
    const gain = i + 2 < sizes.length ? 1 : lastGain;
    const draw = () => Math.fround((numbers.normal() * gain) / Math.sqrt(rows));
    const all = Float64Array.from({ length: rows * width }, draw);
    weights[`w${i}`] = i ? all : selectedRows(all, columns, width);
    weights[`b${i}`] = new Float64Array(width);
  }
  return weights;
}

/** Return some rows of a matrix; further rows than it has are 0. */
function selectedRows(/** @type {Float64Array} */ matrix, /** @type {ArrayLike<number>} */ rows, /** @type {number} */ width) {
  const result = new Float64Array(rows.length * width);
  Array.from(rows, (row, i) => result.set(matrix.subarray(row * width, (row + 1) * width), i * width));
  return result;
}
