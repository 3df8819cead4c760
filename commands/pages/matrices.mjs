/**
 * Small matrices, kept row by row in flat arrays. Most have one column for each action.
 */

export const ACTIONS = 5; // up, down, left, right, stay

/** Return the sum of numbers, from the first to the last. @param {Iterable<number>} numbers */
export function sum(numbers) {
  let total = 0;
  for (const number of numbers) total += number;
  return total;
}

/** Subtract its mean from each row of a matrix [n * A]. */
export function centre(/** @type {Float64Array} */ matrix) {
  for (let row = 0; row < matrix.length; row += ACTIONS) {
    const mean = sum(matrix.subarray(row, row + ACTIONS)) / ACTIONS;
    for (let i = row; i < row + ACTIONS; i++) matrix[i] -= mean;
  }
}

/** Return the product of a matrix [n * A] and a matrix [A * A]. */
export function product(/** @type {Float64Array} */ matrix, /** @type {Float64Array} */ square) {
  const result = new Float64Array(matrix.length);
  for (let row = 0; row < matrix.length; row += ACTIONS) {
    for (let i = 0; i < square.length; i++) {
      result[row + (i % ACTIONS)] += matrix[row + Math.floor(i / ACTIONS)] * square[i];
    }
  }
  return result;
}

/** Return the transpose of a matrix [A * A]. */
export function transposed(/** @type {Float64Array} */ square) {
  return square.map((_, i) => square[(i % ACTIONS) * ACTIONS + Math.floor(i / ACTIONS)]);
}
