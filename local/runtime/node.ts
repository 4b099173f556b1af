import os from 'node:os';
import type { Node } from 'kubernetes-types/core/v1.js';
import { type Clock, timestamp } from '../clock.ts';
import { withCondition } from '../objects/conditions.ts';
import type { ObjectStore } from '../store/types.ts';
import { nodeLabels } from './unsupported.ts';

/** Makes or refreshes the one Node, `parley`: Ready, with this machine's capacity. */
export function ensureNode(store: ObjectStore, clock: Clock, address: string): void {
  const node =
    store.get<Node>('Node', 'parley') ??
    store.create<Node>({ apiVersion: 'v1', kind: 'Node', metadata: { name: 'parley', labels: { ...nodeLabels } } });
  const now = timestamp(clock.now());
  const ready = { type: 'Ready', status: 'True', reason: 'ParleyReady', message: 'the Pod runtime runs' };
  const amounts = {
    cpu: String(os.availableParallelism()),
    memory: `${Math.floor(os.totalmem() / 1024)}Ki`,
    pods: '1000',
  };
  store.updateStatus<Node>({
    ...node,
    status: {
      addresses: [
        { type: 'InternalIP', address },
        { type: 'Hostname', address: 'parley' },
      ],
      capacity: amounts,
      allocatable: amounts,
      conditions: withCondition(node.status?.conditions, ready, now),
      nodeInfo: {
        architecture: nodeLabels['kubernetes.io/arch'] ?? process.arch,
        bootID: '',
        containerRuntimeVersion: 'process://1',
        kernelVersion: os.release(),
        kubeProxyVersion: '',
        kubeletVersion: 'v1.34.0-parley',
        machineID: '',
        operatingSystem: 'linux',
        osImage: os.version(),
        systemUUID: '',
      },
    },
  });
}
