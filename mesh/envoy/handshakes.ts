import { z } from 'zod';
import { readAnswer } from './answer.ts';

/** https://www.envoyproxy.io/docs/envoy/latest/operations/admin#get--stats?format=json */
export const handshakesPath = '/stats?format=json&filter=%5Ecluster%5C..*ssl%5C.handshake%24';

const schema = z.object({
  stats: z.array(z.object({ name: z.string().optional(), value: z.number().optional() })).default([]),
});

/** TLS handshakes as a client, by cluster; a cluster of which the proxy keeps no count is not in it. Throws AnswerError. */
export function readHandshakes(text: string): Map<string, number> {
  const { stats } = readAnswer(handshakesPath, schema, text);
  return new Map(
    stats.flatMap(({ name, value }) => {
      // Istio's alternative names of clusters end in a semicolon.
      const cluster = /^cluster\.(.+?);?\.ssl\.handshake$/.exec(name ?? '')?.[1];
      return cluster === undefined || value === undefined ? [] : [[cluster, value] as const];
    }),
  );
}
