import { mkdirSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { systemClock } from '../../local/clock.ts';
import type { Authority } from '../../local/pki/authority.ts';
import { readRecord } from '../../local/process/record.ts';
import { type CompileOptions, compile } from '../../local/sidecar/compile.ts';
import type { MeshPod } from '../../local/sidecar/mesh-pod.ts';
import { outboundSocket } from '../../local/sidecar/outbound.ts';
import { files } from '../../local/sidecar/resource.ts';
import { serviceHost } from '../../local/sidecar/services.ts';
import { type Sidecar, startSidecar } from '../../local/sidecar/sidecar.ts';
import type { World } from '../../local/sidecar/world.ts';
import type { RowContext } from '../row.ts';
import { exchangeWorld, podOf } from './exchange-world.ts';
import { benchAuthority, workloads } from './identities.ts';
import { answers, type Pair, type PairOptions, type Variant } from './pair.ts';

/** Parley's sidecars have no plain mode: they send and take nothing but mutual TLS. */
export const parleyVariants: readonly Variant[] = ['mTLS', 'tracing 100 %', 'access log'];

const called = { namespace: workloads.server.namespace, name: workloads.server.serviceAccount };
const calledPort = 8080;

/**
 * The sidecars of portfolio and accounts, compiled from the rendered exchange and started as the embedded cluster starts
 * them; the application listens in place of accounts.
 */
export async function startParley(envoy: string, options: PairOptions): Promise<Pair> {
  const { dir, variant, appSocket, context, collector, samplingPercent = 100 } = options;
  mkdirSync(dir, { recursive: true });
  const authority = await benchAuthority(dir);
  const world = exchangeWorld(1);
  const compileOptions = {
    accessLog: variant === 'access log',
    ...(variant === 'tracing 100 %'
      ? { tracing: { endpoint: `http://127.0.0.1:${collector.http}/v1/traces`, samplingPercent } }
      : {}),
  };
  const at = (name: string) => path.join(dir, name);
  mkdirSync(at('server/in'), { recursive: true });
  symlinkSync(appSocket, at(`server/in/${calledPort}`));
  const start = (side: 'client' | 'server') =>
    startPodSidecar(envoy, {
      pod: podOf(world, workloads[side].serviceAccount),
      podDir: at(side),
      world,
      authority,
      context,
      compileOptions,
    });
  await using started = new AsyncDisposableStack();
  for (const side of ['server', 'client'] as const) started.defer((await start(side)).stop);
  const target = {
    socket: at(`client/${outboundSocket(called, calledPort)}`),
    host: `${serviceHost(called)}:${calledPort}`,
  };
  await answers(`Parley (${variant})`, target, context, () => 'see its access rules in local/sidecar/policy');
  const running = started.move();
  return {
    target,
    pids: [pidOf(at('client')), pidOf(at('server'))],
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

interface PodSidecarOptions {
  readonly pod: MeshPod;
  readonly podDir: string;
  readonly world: World;
  readonly authority: Authority;
  readonly context: RowContext;
  readonly compileOptions?: Partial<CompileOptions>;
}

/** Starts the sidecar of one Pod of `world`, as the embedded cluster does. */
export async function startPodSidecar(envoy: string, options: PodSidecarOptions): Promise<Sidecar> {
  const { pod, podDir, world, authority, context } = options;
  mkdirSync(podDir, { recursive: true, mode: 0o700 });
  const ports = new Map<string, number>();
  const compiled = compile(pod, world, {
    identityBundlePem: authority.identityBundlePem,
    outboundPorts: (host, port) => {
      const key = `${host}:${port}`;
      ports.set(key, ports.get(key) ?? 20_000 + ports.size);
      return ports.get(key) ?? 0;
    },
    edgeAddress: () => undefined,
    ...options.compileOptions,
  });
  const onEvent = (reason: string, message: string) => context.say(`${pod.name}: ${reason}: ${message}`);
  const onBack = () => context.say(`${pod.name}: its sidecar is back`);
  return startSidecar({ pod, podDir, authority, envoy, clock: systemClock, onEvent, onBack }, compiled);
}

/** The Envoy of a Pod's directory. Throws TypeError when none is recorded there. */
export function pidOf(podDir: string): number {
  const record = readRecord(path.join(podDir, files.record));
  if (!record) throw new TypeError(`no sidecar is recorded in ${podDir}`);
  return record.pid;
}
