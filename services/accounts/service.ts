import express, { type Express, type Request, type Response } from 'express';
import * as z from 'zod';
import { callOf } from '../kit/call.ts';
import { providerUrl } from '../kit/config.ts';
import { reasonOf } from '../kit/failure.ts';
import { httpClient } from '../kit/http-client.ts';
import { answerFailure, httpServer } from '../kit/http-server.ts';
import { remoteKeys } from '../kit/jwks.ts';
import type { Log } from '../kit/log.ts';
import { type Database, openDatabase } from '../kit/postgres.ts';
import { Problem } from '../kit/problem.ts';
import { httpFaults } from '../kit/rehearsal-http.ts';
import type { ServiceDefinition } from '../kit/service.ts';
import { type TokenVerifier, tokenVerifier } from '../kit/token.ts';
import { migrationsFor } from './migrations.ts';
import type { Operation } from './operation.ts';
import { operationsV1 } from './v1.ts';
import { operationsV2 } from './v2.ts';

const settings = z.object({
  IDENTITY_URL: providerUrl,
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/, error: 'postgres://user:password@host:5432/accounts' }),
});

const operations: Readonly<Record<string, readonly Operation[]>> = { v1: operationsV1, v2: operationsV2 };

/** Keeps accounts and their balances; REST, contracts v1 and v2 over one store. */
export const accounts: ServiceDefinition<typeof settings> = {
  name: 'accounts',
  settings,
  build: async (kit, own) => {
    const { release, dial, tracing, log, metrics } = kit;
    const issuer = httpClient('identity', own.IDENTITY_URL, dial, tracing);
    const keys = remoteKeys(issuer, kit.now, log);
    const database = openDatabase({
      url: own.DATABASE_URL,
      dial,
      log,
      migrations: migrationsFor(release.contracts),
      applicationName: 'accounts',
    });
    const app = accountsApp(release.contracts, database, tokenVerifier(keys, kit.now), log);
    const faults = release.fault && httpFaults(release.fault, false);
    const { server, drain, abort } = httpServer((request, response) => app(request, response), {
      release: release.version,
      metrics,
      tracing,
      log,
      faults,
    });
    return {
      server,
      drain,
      abort,
      checks: { database: () => database.unready(), keys: () => keys.unready() },
      close: async () => {
        issuer.close();
        await database.close();
      },
    };
  },
};

function accountsApp(contracts: readonly string[], database: Database, tokens: TokenVerifier, log: Log): Express {
  const app = express();
  app.disable('x-powered-by').disable('etag').set('query parser', false);
  app.use(express.json({ limit: '16kb', strict: true }));
  for (const contract of contracts) {
    for (const operation of operations[contract] ?? []) {
      const name = `${operation.method.toUpperCase()} ${operation.path.replace(':id', '{id}')}`;
      app[operation.method](operation.path, async (request: Request, response: Response) => {
        const call = callOf(request);
        call.operation = name;
        call.contract = contract;
        const principal = await tokens.verify(call.authorization, operation.scope);
        const { status, body } = await operation.answer({ request, principal, database });
        response.status(status).json(body);
      });
    }
  }
  app.use((request: Request) => {
    const contract = /^\/(v\d+)\//.exec(request.path)?.[1];
    if (contract !== undefined && !contracts.includes(contract)) {
      throw new Problem(
        404,
        'unknown-contract',
        `this release does not serve contract ${contract}`,
        `served: ${contracts.join(', ')}`,
      );
    }
    throw new Problem(404, 'not-found', 'there is nothing here', 'see contract/*/openapi.yaml');
  });
  // Express knows an error handler by its four parameters.
  app.use((thrown: unknown, request: Request, response: Response, _next: unknown) => {
    answerFailure(bodyProblem(thrown) ?? thrown, response, callOf(request), log);
  });
  return app;
}

/** What express.json refuses carries a status and a type, https://github.com/expressjs/body-parser#errors */
function bodyProblem(thrown: unknown): Problem | undefined {
  if (!(thrown instanceof Error) || !('type' in thrown) || !('status' in thrown)) return undefined;
  if (thrown.status === 413) return new Problem(413, 'body-too-large', 'the body is larger than 16 kB', 'send less');
  return new Problem(400, 'bad-body', `the body cannot be read: ${reasonOf(thrown)}`, 'send JSON in UTF-8');
}
