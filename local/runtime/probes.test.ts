import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../clock.ts';
import { condition } from '../objects/conditions.ts';
import { listProcesses, readMarker } from '../process/proc.ts';
import { createTestClock, eventually } from '../test-clock.ts';
import { freshTally, runProber, tally } from './prober.ts';
import { forever, openTestNode, script, statusOf, type TestNode } from './test-node.ts';

describe('tally', () => {
  it.each([
    ['one success is enough', [true], {}, true],
    ['three failures are needed', [false, false], {}, undefined],
    ['three failures', [false, false, false], {}, false],
    ['a success starts the count again', [false, false, true, false, false], {}, true],
    ['successThreshold', [false, false, false, true, true], { successThreshold: 3 }, false],
  ])('%s', (_title, results, thresholds, verdict) => {
    expect(results.reduce((state, ok) => tally(state, ok, thresholds), freshTally).verdict).toBe(verdict);
  });
});

describe('runProber', () => {
  it('counts failures once per period, however often it looks, and sees a success between', async () => {
    const clock = createTestClock();
    const stop = new AbortController();
    let attempts = 0;
    let up = false;
    const results: string[] = [];
    const done = runProber({
      probe: { periodSeconds: 1, failureThreshold: 3 },
      clock,
      signal: stop.signal,
      async attempt() {
        attempts += 1;
        return { ok: up, message: 'down' };
      },
      onResult: ({ ok }, verdict) => results.push(`${ok} ${verdict}`),
    });
    for (let elapsedMs = 0; elapsedMs < 1500; elapsedMs += 10) {
      clock.advance(10);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(results).toEqual(['false undefined']);
    expect(attempts).toBeGreaterThan(4);
    up = true;
    await eventually('success', () => {
      clock.advance(10);
      return results.includes('true true');
    });
    stop.abort();
    await done;
  });
});

describe('probes of real Pods', () => {
  let node: TestNode;
  beforeEach(async () => {
    node = await openTestNode();
  });
  afterEach(() => node.close());
  const readiness = (name: string) => condition(node.pod(name)?.status?.conditions, 'Ready')?.status;
  const sockets = { annotations: { 'parley.dev/sockets': 'true' } };
  const server = (place: string, more = '') => `
    let ok = true; process.on('SIGHUP', () => { ok = !ok; });
    require('node:http').createServer((q, r) => { r.statusCode = q.url === '/livez' || ok ? 200 : 503; r.end(); }).listen(${place}); ${more}`;
  const http = (path: string) => ({ httpGet: { path, port: 'http' }, periodSeconds: 1, failureThreshold: 1 });

  it('readiness follows the program: by Unix socket with the annotation', async () => {
    const ports = [{ name: 'http', containerPort: 8080 }];
    const code = server("process.env.PARLEY_SOCKETS + '/in/8080'");
    node.create(
      'web',
      { containers: [script(code, { ports, startupProbe: http('/livez'), readinessProbe: http('/readyz') })] },
      sockets,
    );
    const started = systemClock.now();
    await eventually(
      'ready',
      () => readiness('web') === 'True',
      () => node.pod('web')?.status,
    );
    expect(systemClock.now() - started).toBeLessThan(2000);
    expect(statusOf(node.pod('web')!)).toMatchObject({ started: true, ready: true });
    const [pid] = pidsOf('web');
    process.kill(pid!, 'SIGHUP');
    await eventually(
      'not ready',
      () => readiness('web') === 'False',
      () => node.events('web'),
    );
    await eventually('the event', () =>
      node.events('web').includes('Unhealthy: Readiness probe failed: HTTP probe failed with statuscode: 503'),
    );
    process.kill(pid!, 'SIGHUP');
    await eventually('ready again', () => readiness('web') === 'True');
    expect(statusOf(node.pod('web')!)?.restartCount).toBe(0);
  });

  const pidsOf = (name: string) => {
    const uid = node.pod(name)?.metadata.uid;
    return listProcesses()
      .filter(({ pid }) => readMarker(pid) === `${uid}/app`)
      .map(({ pid }) => pid);
  };

  it('by TCP on the Pod address without it; the status names the hole', async () => {
    const ports = [{ name: 'http', containerPort: 18080 }];
    const code = server('18080, process.env.IP');
    const env = [{ name: 'IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } }];
    node.create('web', {
      containers: [script(code, { ports, env, readinessProbe: { tcpSocket: { port: 'http' }, periodSeconds: 1 } })],
    });
    await eventually(
      'ready',
      () => readiness('web') === 'True',
      () => [node.pod('web')?.status, node.events('web')],
    );
    expect(condition(node.pod('web')?.status?.conditions, 'parley.dev/Isolated')).toMatchObject({
      status: 'False',
      reason: 'TcpPorts',
      message: expect.stringContaining(`${node.pod('web')?.status?.podIP}:18080`),
    });
  });

  it('gRPC health', async () => {
    const code = `require('node:http2').createServer().on('stream', (stream) => {
      stream.respond({ 'content-type': 'application/grpc' }, { waitForTrailers: true });
      stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
      stream.end(Buffer.from([0, 0, 0, 0, 2, 8, 1]));
    }).listen(process.env.PARLEY_SOCKETS + '/in/9000');`;
    node.create(
      'grpc',
      { containers: [script(code, { readinessProbe: { grpc: { port: 9000 }, periodSeconds: 1 } })] },
      sockets,
    );
    await eventually(
      'ready',
      () => readiness('grpc') === 'True',
      () => node.events('grpc'),
    );
  });

  it('a failing liveness probe restarts the container', async () => {
    const livenessProbe = { exec: { command: ['test', '!', '-e', 'tmp/ill'] }, periodSeconds: 1, failureThreshold: 1 };
    node.create('ill', {
      containers: [script(forever, { livenessProbe })],
    });
    await eventually('ready', () => readiness('ill') === 'True');
    writeFileSync(path.join(node.dir, 'pods', node.pod('ill')!.metadata.uid, 'tmp/ill'), '');
    await eventually(
      'restarted',
      () => (statusOf(node.pod('ill')!)?.restartCount ?? 0) >= 1,
      () => node.events('ill'),
    );
    await eventually('the event', () =>
      node.events('ill').includes('Killing: Container app failed liveness probe, will be restarted'),
    );
  });
});
