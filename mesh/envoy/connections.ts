import { z } from 'zod';
import { readAnswer } from './answer.ts';

/** https://www.envoyproxy.io/docs/envoy/latest/operations/admin#get--clusters */
export const connectionsPath = '/clusters?format=json';

const schema = z.object({
  cluster_statuses: z
    .array(
      z.object({
        name: z.string(),
        host_statuses: z
          .array(
            z.object({
              address: z
                .object({ socket_address: z.object({ address: z.string(), port_value: z.number() }).optional() })
                .optional(),
              stats: z.array(z.object({ name: z.string(), value: z.string().optional() })).default([]),
            }),
          )
          .default([]),
      }),
    )
    .default([]),
});

/** Connections that a cluster opened to one address since the address was there. */
export interface Connections {
  readonly cluster: string;
  readonly ip: string;
  /** Those that came to stand. */
  readonly opened: number;
}

/** Counts by cluster and address; a counter without a value is 0, as protobuf's JSON has it. Throws AnswerError. */
export function readConnections(text: string): Connections[] {
  const { cluster_statuses } = readAnswer(connectionsPath, schema, text);
  return cluster_statuses.flatMap(({ name, host_statuses }) =>
    host_statuses.flatMap(({ address, stats }) => {
      const at = address?.socket_address;
      const count = (wanted: string) => Number(stats.find((each) => each.name === wanted)?.value ?? '0');
      return at ? [{ cluster: name, ip: at.address, opened: count('cx_total') - count('cx_connect_fail') }] : [];
    }),
  );
}
