/**
 * Arrays as `packing.py` packs them, and trees of them: objects whose leaves are arrays and values.
 *
 * @typedef {Float64Array | Uint8Array | Uint16Array | Uint32Array} Numbers
 * @typedef {Record<string, any>} Tree
 */

const ARRAYS = {
  u1: Uint8Array,
  u2: Uint16Array,
  u4: Uint32Array,
  f4: Float32Array,
  f8: Float64Array,
};

/**
 * Return a tree with typed arrays in place of packed ones.
 *
 * @param {any} tree
 * @returns {any}
 */
export function unpacked(tree) {
  if (Array.isArray(tree)) return tree.map(unpacked);
  if (tree === null || typeof tree !== "object") return tree;
  if (!("data" in tree)) {
    return Object.fromEntries(Object.entries(tree).map(([name, value]) => [name, unpacked(value)]));
  }
  const numbers = fromBase64(tree.type, tree.data);
  return tree.values ? Float64Array.from(numbers, (place) => tree.values[place]) : numbers;
}

/** Return the numbers of an array by its type; floats in double precision. */
function fromBase64(/** @type {keyof typeof ARRAYS} */ type, /** @type {string} */ data) {
  const bytes = Uint8Array.from(atob(data), (char) => char.charCodeAt(0));
  const numbers = new ARRAYS[type](bytes.buffer);
  return type === "f4" ? Float64Array.from(numbers) : numbers;
}

/** Return a tree of arrays with changes made to it: see `_changes` in live_tables.py. */
export function changed(/** @type {Tree} */ tree, /** @type {Tree} */ changes) {
  const result = /** @type {any} */ ({ ...tree });
  for (const [name, change] of Object.entries(changes)) {
    const old = tree[name];
    if (isTree(change) && ArrayBuffer.isView(old)) result[name] = patched(old, change);
    else if (isTree(change) && isTree(old)) result[name] = changed(old, change);
    else result[name] = change;
  }
  return result;
}

/** Return whether a value has named values inside. */
function isTree(/** @type {any} */ value) {
  const isList = ArrayBuffer.isView(value) || Array.isArray(value);
  return value !== null && typeof value === "object" && !isList;
}

/** Return an array with the values `to` at the indices `at`; values may need a wider type. */
function patched(/** @type {any} */ array, /** @type {{at: Numbers, to: Numbers}} */ { at, to }) {
  const result = array instanceof Float64Array ? array.slice() : Uint32Array.from(array);
  for (let i = 0; i < at.length; i++) result[at[i]] = to[i];
  return result;
}
