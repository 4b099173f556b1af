import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** One call of the stand-in, as it saw it. */
export interface RecordedCall {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly stdin: string;
  /** Contents of the files that the arguments name, by argument. */
  readonly files: Readonly<Record<string, string>>;
}

export interface StandIn {
  /** Goes first on PATH. */
  readonly bin: string;
  /** Since the last time it was asked. */
  calls(): RecordedCall[];
}

export interface StandInOptions {
  /** Calls with this argument fail. */
  readonly broken?: string;
  /** A file that it prints when it is asked for resource types, instead of one of them without a schema. */
  readonly crds?: string;
}

/**
 * A program named `linkerd`, for tests of what is handed to the real one: it writes down each call and prints a small manifest of
 * the kind that the real one prints there. It judges nothing.
 */
export function linkerdStandIn(folder: string, { broken, crds }: StandInOptions = {}): StandIn {
  const bin = join(folder, 'bin');
  const record = join(folder, 'calls.jsonl');
  mkdirSync(bin, { recursive: true });
  writeFileSync(record, '');
  const program = join(bin, 'linkerd');
  writeFileSync(program, `#!${process.execPath}\n(${main.toString()})(${JSON.stringify({ record, broken, crds })});\n`);
  chmodSync(program, 0o755);
  return {
    bin,
    calls() {
      const lines = readFileSync(record, 'utf8').split('\n').filter(Boolean);
      writeFileSync(record, '');
      return lines.map((line) => JSON.parse(line) as RecordedCall);
    },
  };
}

/** Runs in a process of its own: nothing of this module is there but its text. */
function main({ record, broken, crds }: StandInOptions & { readonly record: string }): void {
  const fs: typeof import('node:fs') = require('node:fs');
  const args = process.argv.slice(2);
  const files = Object.fromEntries(
    args.filter((arg) => arg.startsWith('/')).map((arg) => [arg, fs.readFileSync(arg, 'utf8')]),
  );
  const stdin = fs.readFileSync(0, 'utf8');
  fs.appendFileSync(record, `${JSON.stringify({ args, env: process.env, stdin, files })}\n`);
  if (broken && args.includes(broken)) {
    process.stderr.write('× it is broken\n');
    process.exitCode = 1;
    return;
  }
  const annotations = { 'linkerd.io/created-by': 'linkerd/cli edge-26.6.3' };
  const print = (...objects: readonly object[]) =>
    process.stdout.write(objects.map((object) => `---\n###\n### a part\n###\n${JSON.stringify(object)}\n`).join(''));
  const fileOf = (flag: string) => files[args[args.indexOf(flag) + 1] ?? ''] ?? '';
  const named = (apiVersion: string, kind: string, name: string, namespace?: string, more: object = {}) => ({
    apiVersion,
    kind,
    metadata: { name, ...(namespace ? { namespace } : {}), annotations },
    ...more,
  });
  if (args[0] === 'check') process.stdout.write('Status check results are √\n');
  else if (args[0] === 'install-cni') {
    print(named('v1', 'Namespace', 'linkerd-cni'), named('apps/v1', 'DaemonSet', 'linkerd-cni', 'linkerd-cni'));
  } else if (args.includes('--crds') && crds) {
    process.stdout.write(fs.readFileSync(crds, 'utf8'));
  } else if (args.includes('--crds')) {
    print(named('apiextensions.k8s.io/v1', 'CustomResourceDefinition', 'servers.policy.linkerd.io'));
  } else if (args[0] === 'install' || args[0] === 'upgrade') {
    const pem = (flag: string) => JSON.stringify(fileOf(flag));
    const values = [
      fileOf('--values'),
      `linkerdVersion: edge-26.6.3\n`,
      `identityTrustAnchorsPEM: ${pem('--identity-trust-anchors-file')}\n`,
      `identity: {"issuer":{"tls":{"crtPEM":${pem('--identity-issuer-certificate-file')}}}}\n`,
    ];
    print(
      named('v1', 'Namespace', 'linkerd'),
      named('v1', 'ConfigMap', 'linkerd-config', 'linkerd', { data: { values: values.join('') } }),
    );
  } else if (args[0] === 'uninstall') {
    print(named('v1', 'Namespace', 'linkerd'), named('v1', 'ConfigMap', 'linkerd-config', 'linkerd'));
  }
}
