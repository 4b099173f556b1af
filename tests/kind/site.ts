import { join } from 'node:path';
import { inject } from 'vitest';
import type { Exchange } from '../exchange.ts';
import type { TestPlace } from '../target.ts';
import { kindAccess } from './access.ts';
import { type Jaeger, openJaeger } from './jaeger.ts';
import { commandsAt, homeOf } from './place.ts';
import { openKindProber } from './prober.ts';
import { resetPlan } from './reset.ts';

/** The cluster of this run, with the default plan. */
export async function joinKind(place: TestPlace): Promise<Exchange> {
  const where = inject('kindPlace');
  const commands = await commandsAt(where);
  await resetPlan(commands, place.mesh);
  const home = homeOf(where);
  let jaeger: Promise<Jaeger> | undefined;
  return {
    ...commands,
    ...kindAccess(commands),
    place,
    home,
    kubeconfig: join(home, 'kubeconfig'),
    httpPort: where.httpPort,
    httpsPort: where.httpsPort,
    http: `http://127.0.0.1:${where.httpPort}`,
    https: `https://127.0.0.1:${where.httpsPort}`,
    scratch: join(where.root, 'scratch'),
    openProber: () => openKindProber(commands),
    spansOf: async (traceId) => {
      jaeger ??= openJaeger(commands);
      return (await jaeger).spansOf(traceId);
    },
    stop: async () => {
      await (await jaeger)?.close();
    },
  };
}
