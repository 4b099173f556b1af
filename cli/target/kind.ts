import { rmSync } from 'node:fs';
import { defaultCapture } from '../../charts/context.ts';
import { endKindCluster, kindClusterStep } from '../../install/kind-cluster.ts';
import { meshTool, requireTools, tools } from '../../install/tools.ts';
import { requireFree } from '../../local/daemon/host-ports.ts';
import { hostPorts, stateFolder } from '../state-folder.ts';
import { targetImages } from './images.ts';
import { laptopNotes } from './laptop.ts';
import { clusterSteps } from './mesh-steps.ts';
import { ledgerOf, removeRecord } from './record.ts';
import { chosen } from './settings.ts';
import { siteOf } from './site.ts';
import type { Target } from './target.ts';

/** A cluster of its own on this machine, made by kind in containers; the edge is on mapped loopback ports. */
export const kindTarget: Target = {
  name: 'kind',
  describe(context, settings) {
    const { cluster, capture = defaultCapture } = settings;
    const { http, https } = hostPorts(context.env);
    const hosts = { http: `127.0.0.1:${http}`, https: `127.0.0.1:${https}` };
    return { target: 'kind', name: cluster, ...chosen(settings), capture, hosts };
  },
  async check({ context, settings, ledger }) {
    const { env, signal } = context;
    const notes = await requireTools([tools.docker, tools.kind, meshTool[settings.mesh]], env, signal);
    if (ledger.state('cluster') === undefined) {
      const { http, https } = hostPorts(env);
      await requireFree([`127.0.0.1:${http}`, `127.0.0.1:${https}`]);
    }
    return [...notes, ...laptopNotes()];
  },
  async steps(request) {
    const { context, settings, ledger } = request;
    const site = siteOf(context);
    const cluster = { name: settings.cluster, ports: hostPorts(context.env), repo: context.repo, ledger };
    return [kindClusterStep(site, cluster), ...clusterSteps(site, request)];
  },
  images: targetImages(({ cluster }) => ({ kind: cluster })),
  async stop(context, record) {
    const state = stateFolder(context);
    if (!record?.name || record.made.cluster === undefined) {
      removeRecord(state);
      return false;
    }
    await endKindCluster(siteOf(context), record.name, ledgerOf(state));
    rmSync(state.edgeAuthority, { force: true });
    removeRecord(state);
    return true;
  },
};
