import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { environments } from '../charts/environments.ts';
import { defaultClusterName, kindConfig, kindConfigYaml, nodePorts } from './kind-config.ts';

test('kind-config.yaml at the root is what the defaults yield', () => {
  const file = join(import.meta.dirname, '../kind-config.yaml');
  const text = kindConfigYaml({ name: defaultClusterName, ports: { http: 7080, https: 7443 } });
  if (process.env.UPDATE_GOLDENS) writeFileSync(file, text);
  expect(readFileSync(file, 'utf8')).toBe(text);
});

test('the mapped NodePorts are those of the edge', () => {
  expect(environments.dev.edgeService.nodePorts).toEqual(nodePorts);
});

test('other names and ports change just these, and nothing listens outside loopback', () => {
  const { name, nodes } = kindConfig({ name: 'second', ports: { http: 17_080, https: 17_443 } });
  expect(name).toBe('second');
  expect(nodes[0]?.extraPortMappings.map(({ listenAddress, hostPort }) => `${listenAddress}:${hostPort}`)).toEqual([
    '127.0.0.1:17080',
    '127.0.0.1:17443',
  ]);
});
