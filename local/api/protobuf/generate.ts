/**
 * Writes gen/messages.json: the protobuf field numbers of the kinds that kubectl sends in protobuf. The source are the
 * generated.proto files of the Go modules k8s.io/api and k8s.io/apimachinery:
 * `go mod download k8s.io/api@v0.34.0 k8s.io/apimachinery@v0.34.0`, then
 * `node local/api/protobuf/generate.ts "$(go env GOMODCACHE)/k8s.io/api@v0.34.0" "$(go env GOMODCACHE)/k8s.io/apimachinery@v0.34.0"`.
 */
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import kinds from '../schema/gen/kinds.json' with { type: 'json' };

/** What kubectl's typed clients send: built-in kinds of `kubectl create`, and what goes with requests. */
const roots: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    Object.keys(kinds.roots)
      .filter((type) => !type.startsWith('CustomResourceDefinition'))
      .map((type) => [type, type.split('.')[0] ?? '']),
  ),
  'SelfSubjectAccessReview.authorization.k8s.io': 'SelfSubjectAccessReview',
  'SelfSubjectRulesReview.authorization.k8s.io': 'SelfSubjectRulesReview',
  'SelfSubjectReview.authentication.k8s.io': 'SelfSubjectReview',
  DeleteOptions: 'DeleteOptions',
  'Scale.autoscaling': 'Scale',
};

const messages = new Map<string, { readonly scope: string; readonly body: string }>();
for (const root of process.argv.slice(2)) {
  for (const file of globSync('**/v1/generated.proto', { cwd: root }).concat(
    globSync('pkg/{api/resource,runtime,util/intstr}/generated.proto', { cwd: root }),
  )) {
    const text = readFileSync(join(root, file), 'utf8');
    const scope = /^package (\S+);/m.exec(text)?.[1] ?? '';
    for (const [, name = '', body = ''] of text.matchAll(/^message (\w+) \{\n([\s\S]*?)^\}/gm))
      messages.set(`${scope}.${name}`, { scope, body });
  }
}

const fieldPattern = /^ {2}(optional|repeated|map<string, ?([\w.]+)>)(?: ([\w.]+))? (\w+) = (\d+);/gm;
const scalars = new Set(['string', 'bool', 'bytes', 'int32', 'int64', 'double']);
const jsonModels: Readonly<Record<string, Readonly<Record<string, string>>>> = kinds.models;

/** True for a member that Go embeds: JSON shows its fields in the place of it. */
function isInline(message: string, field: string): boolean {
  const name = message.split('.').at(-1) ?? '';
  const model = jsonModels[`V1${name}`] ?? jsonModels[`CoreV1${name}`];
  return model !== undefined && !Object.hasOwn(model, field) && /^[a-z]/.test(field);
}

const table: Record<string, Record<string, string>> = {};
const short = (name: string): string => name.replace(/^k8s\.io\.(api|apimachinery\.pkg)\./, '');

function add(full: string): void {
  const message = messages.get(full);
  const key = short(full);
  if (!message || table[key]) return;
  const fields: Record<string, string> = {};
  table[key] = fields;
  for (const [, label = '', mapValue, type, name = '', number = ''] of message.body.matchAll(fieldPattern)) {
    const bare = mapValue ?? type ?? '';
    const target = scalars.has(bare) ? bare : bare.replace(/^\./, '');
    const resolved = scalars.has(target) || messages.has(target) ? target : `${message.scope}.${target}`;
    const shape =
      label === 'repeated' ? '[]' : mapValue ? '{}' : isInline(full, name) && messages.has(resolved) ? '+' : '';
    fields[number] = `${name} ${short(resolved)}${shape}`;
    add(resolved);
  }
}

const rootTable: Record<string, string> = {};
for (const [type, name] of Object.entries(roots)) {
  const group = type.slice(name.length + 1).split('.')[0] || 'core';
  const found = ['api', 'apimachinery.pkg.apis']
    .map((part) => `k8s.io.${part}.${part === 'api' ? group : 'meta'}.v1.${name}`)
    .find((full) => messages.has(full));
  if (found === undefined) throw new Error(`no message for ${type}`);
  rootTable[type] = short(found);
  add(found);
}
writeFileSync(
  new URL('gen/messages.json', import.meta.url),
  `${JSON.stringify({ roots: rootTable, messages: table }, null, 1)}\n`,
);
