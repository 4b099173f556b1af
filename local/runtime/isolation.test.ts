import type { Pod } from 'kubernetes-types/core/v1.js';
import { expect, it } from 'vitest';
import type { Stored } from '../store/types.ts';
import { isolation } from './isolation.ts';

function pod(ports: readonly number[], annotations = {}): Stored<Pod> {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: 'web',
      namespace: 'exchange',
      uid: 'u',
      resourceVersion: '1',
      generation: 1,
      creationTimestamp: '2026-01-01T00:00:00Z',
      annotations,
    },
    spec: { containers: [{ name: 'app', ports: ports.map((containerPort) => ({ containerPort })) }] },
  };
}

const sockets = { 'parley.dev/sockets': 'true' };
const ip = '127.70.1.4';

it('is True in the mesh with Unix sockets only', () => {
  expect(isolation(pod([8080], sockets), ip, true)).toMatchObject({ status: 'True', reason: 'UnixSockets' });
});

it('names the ports that are open around the sidecar, and the listeners that speak in the name of the Pod', () => {
  const { status, reason, message } = isolation(pod([8080, 9090]), ip, true);
  expect([status, reason]).toEqual(['False', 'TcpPorts']);
  expect(message).toContain('127.70.1.4:8080, 127.70.1.4:9090');
  expect(message).toContain("listeners on 127.70.1.4, ports 20000 to 29999, speak in the Pod's name");
});

it('without ports the outbound listeners are a hole still', () => {
  const { status, message } = isolation(pod([]), ip, true);
  expect(status).toBe('False');
  expect(message).not.toContain('around the sidecar');
  expect(message).toContain("speak in the Pod's name");
});

it('outside of the mesh sockets are of no help', () => {
  const { status, reason, message } = isolation(pod([8080], sockets), ip, false);
  expect([status, reason]).toEqual(['False', 'NotInMesh']);
  expect(message).toContain('127.70.1.4:8080');
});
