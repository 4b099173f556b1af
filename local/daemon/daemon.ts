import { mkdirSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import type { Log } from '../../kube/log.ts';
import { openClusterStore } from '../api/cluster-store.ts';
import { type ApiServer, startApiServer } from '../api/server.ts';
import { systemClock } from '../clock.ts';
import { startControllers } from '../controllers/controllers.ts';
import { findEnvoy } from '../envoy/find.ts';
import { createEvents } from '../objects/events.ts';
import { type Authority, openAuthority } from '../pki/authority.ts';
import { readProcess } from '../process/proc.ts';
import { createImages } from '../runtime/images.ts';
import { createRuntime } from '../runtime/runtime.ts';
import { createSidecars } from '../sidecar/sidecars.ts';
import { validate } from '../sidecar/validate/validate.ts';
import { apiPort, claimBlock } from './address-block.ts';
import { DaemonError } from './daemon-error.ts';
import { survivors } from './end.ts';
import { requireFree } from './host-ports.ts';
import { writeKubeconfig } from './kubeconfig.ts';
import { releaseLock, takeLock } from './lock.ts';
import type { DaemonOptions } from './options.ts';
import { lockFile, readDaemonRecord, removeDaemonRecord, writeDaemonRecord } from './record.ts';
import { defineRollouts, startRollouts } from './rollouts.ts';

export interface Daemon {
  /** Ends every Pod, then the API; the objects and the data stay for the next start. */
  stop(): Promise<void>;
}

const trustDomain = 'cluster.local';
/** Of the Gateway's listener for HTTP. */
const edgePort = 8080;
const repo = join(import.meta.dirname, '../..');

/**
 * The embedded cluster of one state folder. Throws DaemonError and EnvoyError with what to type. When it resolves,
 * daemon.json says where it listens and the kubeconfig works.
 */
export async function startDaemon(options: DaemonOptions, log: Log): Promise<Daemon> {
  const { stateDir } = options;
  mkdirSync(stateDir, { recursive: true, mode: 0o700 });
  const lock = lockFile(stateDir);
  const holder = takeLock(lock, 'parley daemon');
  if (holder) {
    throw new DaemonError('Locked', `process ${holder.pid} serves ${stateDir} already`, 'Type: parley status');
  }
  try {
    return await compose(options, log, () => releaseLock(lock));
  } catch (error) {
    releaseLock(lock);
    throw error;
  }
}

async function compose(options: DaemonOptions, log: Log, unlock: () => void): Promise<Daemon> {
  const { stateDir, hostPorts } = options;
  const previous = readDaemonRecord(stateDir);
  const adopting = survivors(stateDir);
  // Ports that living Pods of a killed daemon hold are ours: they are adopted.
  if (adopting.length === 0) await requireFree(Object.values(hostPorts));
  const { block, release } = await claimBlock(stateDir, previous?.block);
  const { path: envoy, version } = await findEnvoy({
    env: process.env,
    toolsDir: join(stateDir, 'tools'),
    progress: log.info,
  });
  log.info('starting', { block, envoy, envoyVersion: version, adopting: adopting.length });
  const authority = await openAuthority({
    dir: join(stateDir, 'pki'),
    clock: systemClock,
    trustDomain,
    identityLifeMs: options.identityLifeMs,
  });
  const cluster = await startCluster({ ...options, envoy, block, authority, log });
  writeDaemonRecord(stateDir, {
    pid: process.pid,
    startTime: readProcess(process.pid)?.startTime ?? '',
    server: cluster.api.url,
    block,
    hostPorts,
  });
  log.info('ready', { server: cluster.api.url });
  const rollouts = options.rollouts ? beginRollouts(options, log) : undefined;
  return {
    async stop() {
      log.info('stopping');
      await (await rollouts)?.stop();
      await cluster.stop();
      await release();
      removeDaemonRecord(stateDir);
      unlock();
      log.info('stopped');
    },
  };
}

/** After everything else, which does not wait for it. Without it the cluster serves, and its log says why. */
async function beginRollouts({ stateDir, hostPorts }: DaemonOptions, log: Log) {
  try {
    return await startRollouts({ stateDir, clock: systemClock, log, edge: hostPorts[edgePort] });
  } catch (error) {
    log.error('Rollouts are not carried out', error);
    return undefined;
  }
}

interface ClusterParts extends DaemonOptions {
  readonly envoy: string;
  readonly block: string;
  readonly authority: Authority;
  readonly log: Log;
}

async function startCluster(parts: ClusterParts): Promise<{ readonly api: ApiServer; stop(): Promise<void> }> {
  const { stateDir, block, authority, log, envoy } = parts;
  const clock = systemClock;
  const { store, kinds } = openClusterStore({ file: join(stateDir, 'store.db'), clock, validators: [validate] });
  defineRollouts(store);
  const lost = (message: string) => log.info('problem', { problem: message });
  const events = createEvents({ store, clock, component: 'parley-sidecars', onLost: lost });
  const sidecars = createSidecars({
    store,
    authority,
    envoy,
    stateDir,
    clock,
    events,
    hostPorts: parts.hostPorts,
    tracing: parts.tracing,
    accessLog: parts.accessLog,
    onProblem: lost,
  });
  const node = realpathSync(process.execPath);
  const roots = [join(repo, 'dist/images'), join(repo, 'local/images')];
  const images = createImages({ roots, repo, node, envoy: () => envoy });
  const runtime = createRuntime({
    store,
    sidecars,
    images,
    stateDir,
    addressBlock: block,
    clock,
    node,
    backoffBaseMs: parts.backoffBaseMs,
    onProblem: lost,
  });
  const controllers = startControllers({ store, clock, onLost: lost });
  const host = `${block}.0.1`;
  const [server, admin] = await Promise.all([
    authority.server({ dns: ['localhost', 'kubernetes.default.svc'], ips: [host] }),
    authority.client({ commonName: 'admin', organizations: ['system:masters'] }),
  ]);
  const tls = { cert: server.certificatePem, key: server.keyPem, clientCa: authority.clusterBundlePem };
  const report = (error: unknown) => log.error('the API server answered 500', error);
  const { logs, usage } = runtime;
  const api = await startApiServer({ store, kinds, clock, host, port: apiPort, tls, logs, usage, report });
  await runtime.start();
  writeKubeconfig(join(stateDir, 'kubeconfig'), {
    server: api.url,
    authorityPem: authority.clusterBundlePem,
    user: admin,
  });
  return {
    api,
    async stop() {
      await controllers.stop();
      await runtime.stop();
      await sidecars.close();
      events.flush();
      await api.close();
      store.close();
    },
  };
}
