/**
 * Loopback addresses for the pairs of one run: a block of 127.0.0.0/8 that the embedded cluster leaves alone unless it has
 * some 200 clusters; two runs at once take different ones.
 */
export function createAddresses(processId: number): () => string {
  const block = `127.${220 + (processId % 30)}`;
  let last = 0;
  return () => {
    last += 1;
    return `${block}.${1 + Math.floor(last / 250)}.${1 + (last % 250)}`;
  };
}

/** Addresses of this run. */
export const nextAddress = createAddresses(process.pid);
