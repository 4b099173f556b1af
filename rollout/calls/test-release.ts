import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { releaseHeader } from '../../mesh/release-header.ts';
import { rolloutHeaderValue } from '../../mesh/rollout-header.ts';
import type { CallSpec, CallsSpec } from '../resource/rollout.ts';
import type { CallTarget } from './release-calls.ts';
import { startTestEdge, type TestEdge } from './test-edge.ts';

export const uid = '0b3c';
export const stable = '1.4.0';
export const candidate = '2.0.0';

/** A call whose answer has `/id`. */
export const readCall: CallSpec = {
  name: 'read',
  path: '/v1/things',
  expect: { status: 200, json: [{ pointer: '/id', type: 'string' }] },
};

export function targetOf(spec: Partial<CallsSpec> = {}, protocol: CallTarget['protocol'] = 'http'): CallTarget {
  const calls = { requests: [readCall], ...spec };
  return { namespace: 'exchange', service: 'things', uid, stable, candidate, protocol, spec: calls };
}

/** Two releases of a service behind an edge that leads to each by the rollout's header, and to the stable one without. */
export interface TestThings {
  readonly edge: TestEdge;
  /** How a release answers from now on; at first with `{"id":"1"}`. */
  readonly answers: Map<string, (response: ServerResponse) => void>;
  /** Requests that each release was asked, by release. */
  readonly asked: Map<string, number>;
  close(): Promise<void>;
}

export async function startThings(): Promise<TestThings> {
  const folder = await mkdtemp(join(tmpdir(), 'parley-calls-'));
  const edge = await startTestEdge();
  const answers: TestThings['answers'] = new Map();
  const asked = new Map<string, number>();
  const servers = [stable, candidate].map((release) => {
    answers.set(release, json({ id: '1' }));
    return createServer((_request, response) => {
      asked.set(release, (asked.get(release) ?? 0) + 1);
      response.setHeader(releaseHeader, release);
      answers.get(release)?.(response);
    }).listen(join(folder, release));
  });
  await Promise.all(servers.map((server) => once(server, 'listening')));
  edge.paths.set('/v1', join(folder, stable));
  for (const release of [stable, candidate]) edge.releases.set(rolloutHeaderValue(uid, release), join(folder, release));
  return {
    edge,
    answers,
    asked,
    close: async () => {
      await edge.close();
      for (const server of servers) {
        server.closeAllConnections();
        await once(server.close(), 'close');
      }
      await rm(folder, { recursive: true });
    },
  };
}

export function json(body: unknown, status = 200): (response: ServerResponse) => void {
  return (response) => response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
