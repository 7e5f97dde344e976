// Random choices that a seed repeats in another tab, and in another process.

const fnvOffset = 0x811c9dc5, fnvPrime = 0x01000193;

/**
 * The random numbers that belong to a seed and a text, for example the id of a checkout.
 * @param {number} seed any whole number
 * @param {string} text
 */
export function throwDice(seed, text) {
  let state = fnvOffset;
  for (const one of `${seed} ${text}`) state = Math.imul(state ^ one.codePointAt(0), fnvPrime) >>> 0;

  /** From 0 up to 1 (the generator mulberry32). */
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return {
    next,
    between: (from, to) => from + next() * (to - from),
    below: count => Math.floor(next() * count),
  };
}
