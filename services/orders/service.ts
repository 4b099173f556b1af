import type { ConnectRouter } from '@connectrpc/connect';
import * as z from 'zod';
import { milliseconds, providerUrl } from '../kit/config.ts';
import { grpcServer } from '../kit/grpc-server.ts';
import { httpClient } from '../kit/http-client.ts';
import { remoteKeys } from '../kit/jwks.ts';
import { openDatabase } from '../kit/postgres.ts';
import { grpcFaults } from '../kit/rehearsal-grpc.ts';
import type { ServiceDefinition } from '../kit/service.ts';
import { tokenVerifier } from '../kit/token.ts';
import { OrderService as V1 } from './contract/gen/exchange/orders/v1/orders_pb.js';
import { OrderService as V2 } from './contract/gen/exchange/orders/v2/orders_pb.js';
import { Health } from './contract/gen/grpc/health/v1/health_pb.js';
import { desk } from './desk.ts';
import { changeFeed } from './feed.ts';
import { healthService } from './health.ts';
import { migrationsFor } from './migrations.ts';
import { rejectionsTo } from './rejection.ts';
import { changesChannel } from './store.ts';
import { orderServiceV1 } from './v1.ts';
import { orderServiceV2 } from './v2.ts';

const settings = z.object({
  IDENTITY_URL: providerUrl,
  ACCOUNTS_URL: providerUrl,
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/, error: 'postgres://user:password@host:5432/orders' }),
  /** A stream that is older gets GoingAway, so that it comes to follow new weights. */
  MAX_STREAM_AGE_MS: milliseconds.pipe(z.number().min(1, 'at least 1')).default(300_000),
});

/** Takes orders; gRPC, contracts v1 and v2 over one desk. */
export const orders: ServiceDefinition<typeof settings> = {
  name: 'orders',
  settings,
  build: async (kit, own) => {
    const { release, dial, tracing, log, metrics, draining } = kit;
    const issuer = httpClient('identity', own.IDENTITY_URL, dial, tracing);
    const accounts = httpClient('accounts', own.ACCOUNTS_URL, dial, tracing);
    const keys = remoteKeys(issuer, kit.now, log);
    const database = openDatabase({
      url: own.DATABASE_URL,
      dial,
      log,
      migrations: migrationsFor(release.contracts),
      applicationName: 'orders',
    });
    const feed = changeFeed();
    database.listen(changesChannel, feed.changed, feed.all);
    const theDesk = desk({
      database,
      tokens: tokenVerifier(keys, kit.now),
      accounts,
      feed,
      draining,
      streamAgeMs: () => spread(own.MAX_STREAM_AGE_MS),
    });
    const rejections = rejectionsTo(log);
    const served = [
      ...(release.contracts.includes('v1') ? [V1.typeName] : []),
      ...(release.contracts.includes('v2') ? [V2.typeName] : []),
    ];
    const routes = (router: ConnectRouter) => {
      if (served.includes(V1.typeName)) router.service(V1, orderServiceV1(theDesk, rejections));
      if (served.includes(V2.typeName)) router.service(V2, orderServiceV2(theDesk, rejections));
      router.service(
        Health,
        healthService(served, async () => (await database.unready()) === undefined, draining),
      );
    };
    const faults = release.fault && grpcFaults(release.fault);
    const { server, drain, abort } = grpcServer(routes, { release: release.version, metrics, tracing, log, faults });
    return {
      server,
      drain,
      abort,
      checks: { database: () => database.unready(), keys: () => keys.unready() },
      close: async () => {
        issuer.close();
        accounts.close();
        await database.close();
      },
    };
  },
};

/** 90..100 % of an age, so that streams that began together do not end together. */
function spread(ageMs: number): number {
  return ageMs * (1 - Math.random() / 10);
}
