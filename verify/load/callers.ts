import type { Caller, EdgeTarget, KindLoad, OpenCaller } from './caller.ts';
import type { LoadKind } from './kinds.ts';
import type { Tally } from './report.ts';

type Open = (load: KindLoad, target: EdgeTarget, tally: Tally) => Promise<Caller>;

/** Who makes the requests of each kind; loaded when it is used, because gRPC is heavy. */
const openers: Readonly<Record<LoadKind, Open>> = {
  rest: async (load, target) => (await import('./rest.ts')).openRestReader(load, target),
  'rest-post': async (load, target) => (await import('./rest.ts')).openRestWriter(load, target),
  'grpc-unary': async (load, target) => (await import('./grpc.ts')).openUnary(load, target),
  'grpc-server-stream': async (...given) => (await import('./grpc-streams.ts')).openServerStream(...given),
  'grpc-client-stream': async (...given) => (await import('./grpc-streams.ts')).openClientStream(...given),
  'grpc-bidi': async (...given) => (await import('./grpc-streams.ts')).openBidi(...given),
  graphql: async (load, target) => (await import('./graphql.ts')).openGraphql(load, target),
};

/** Opens connections of the kind to the target and makes what its requests need, such as an account. */
export const openCaller: OpenCaller = (load, target, tally) => openers[load.kind](load, target, tally);
