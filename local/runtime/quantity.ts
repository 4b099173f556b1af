const factors: Readonly<Record<string, number>> = {
  '': 1,
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
};

/** A Kubernetes quantity as a number: `250m` is 0.25, `64Mi` is 67108864. Throws when it is none. */
export function parseQuantity(text: string | number): number {
  const match = /^(\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)([a-zA-Z]*)$/.exec(String(text));
  const factor = factors[match?.[2] ?? ''];
  if (match === null || factor === undefined) throw new Error(`"${text}" is no quantity such as 250m or 64Mi`);
  return Number(match[1]) * factor;
}
