/** Successes out of `n` that are not yet too unlikely: each tail outside [low, high] has a probability below `tail`. */
export interface Bounds {
  readonly low: number;
  readonly high: number;
}

/** Exact bounds of a binomial distribution with share `p`; p 0 and 1 leave only 0 and n. */
export function binomialBounds(n: number, p: number, tail = 5e-7): Bounds {
  if (p <= 0) return { low: 0, high: 0 };
  if (p >= 1) return { low: n, high: n };
  const mass = Array.from({ length: n + 1 }, (_, k) =>
    Math.exp(logChoose(n, k) + k * Math.log(p) + (n - k) * Math.log1p(-p)),
  );
  return { low: firstAbove(mass, tail), high: n - firstAbove(mass.toReversed(), tail) };
}

/** Index at which the running sum reaches `tail`. */
function firstAbove(mass: readonly number[], tail: number): number {
  let sum = 0;
  const index = mass.findIndex((each) => {
    sum += each;
    return sum >= tail;
  });
  return index;
}

function logChoose(n: number, k: number): number {
  let sum = 0;
  for (let i = 1; i <= k; i++) sum += Math.log(n - k + i) - Math.log(i);
  return sum;
}
