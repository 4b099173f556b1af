/** The ways of talking that load can use, one per conversation of the exchange that comes in through the edge. */
export const loadKinds = [
  'rest',
  'rest-post',
  'grpc-unary',
  'grpc-server-stream',
  'grpc-client-stream',
  'grpc-bidi',
  'graphql',
] as const;

export type LoadKind = (typeof loadKinds)[number];

/** The kinds named in `a,b`; throws a RangeError that lists the known ones. */
export function parseKinds(text: string): LoadKind[] {
  return text.split(',').map((word) => {
    const found = loadKinds.find((kind) => kind === word.trim());
    if (!found) throw new RangeError(`${word.trim()}: unknown kind of load; known: ${loadKinds.join(', ')}`);
    return found;
  });
}
