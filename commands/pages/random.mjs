/**
 * The random numbers of numpy, so that a seed means the same in a page as in Python.
 */

const WORD = (1n << 32n) - 1n;
const FACTOR = 0x2360ed051fc65da44385df649fccf645n;
const NORMAL_LAYERS = 256;
const NORMAL_TAIL = 3.6541528853610088; // where the lowest layer's tail begins
const NORMAL_AREA = 0.00492867323397465524494; // of each layer

/** The generator of `numpy.random.default_rng(entropy)`: PCG64 with SeedSequence (O'Neill 2014). */
export class NumpyRandom {
  /** @type {ReturnType<typeof normalLayers> | undefined} */
  layers;

  /** @param {bigint[]} entropy as numpy takes it */
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
  const density = (/** @type {number} */ x) => Math.exp(-0.5 * x * x);
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
function seedWords(/** @type {bigint[]} */ entropy) {
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
function mixedPool(/** @type {bigint[]} */ words) {
  const hash = hasher(0x43b0d7e5n, 0x931e8875n);
  const pool = [0, 1, 2, 3].map((i) => hash(words[i] ?? 0n));
  const mix = (/** @type {number} */ to, /** @type {bigint} */ word) => {
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
function hasher(/** @type {bigint} */ constant, /** @type {bigint} */ factor) {
  return (/** @type {bigint} */ word) => {
    word ^= constant;
    constant = (constant * factor) & WORD;
    word = (word * constant) & WORD;
    return word ^ (word >> 16n);
  };
}
