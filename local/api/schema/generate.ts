/**
 * Writes gen/kinds.json: the fields of the built-in kinds as the models of @kubernetes/client-node have them. Loading
 * those models takes the daemon a quarter of a second, the table a few milliseconds. Run it after an update of that
 * package: `node local/api/schema/generate.ts`.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { createKinds } from '../../store/kinds.ts';

interface Attribute {
  readonly name: string;
  readonly baseName: string;
  readonly type: string;
  readonly format: string;
}
interface Model {
  getAttributeTypeMap(): readonly Attribute[];
}

const models = join(
  dirname(createRequire(import.meta.url).resolve('@kubernetes/client-node/package.json')),
  'dist/gen/models',
);
const loaded: Record<string, Partial<Model>> = await import(join(models, 'ObjectSerializer.js'));

/** Maps of resource amounts: a number is a quantity as well as a string. */
const quantityMaps = new Set([
  'limits',
  'requests',
  'capacity',
  'allocatable',
  'overhead',
  'hard',
  'used',
  'allocatedResources',
]);
const scalars: Readonly<Record<string, string>> = {
  Date: 'string',
  V1MicroTime: 'string',
  IntOrString: 'int-or-string',
  object: 'any',
};

/** `string`, `int32`, `V1Container`, with `[]` for lists and `{}` for maps. */
function shorten(type: string, field: string, format: string): string {
  const list = /^(?:Array|Set)<(.*)>$/.exec(type)?.[1];
  if (list) return `${shorten(list, field, format)}[]`;
  const map = /^\{ \[key: string\]: (.*); \}$/.exec(type)?.[1];
  if (map) return quantityMaps.has(field) ? 'quantity{}' : `${shorten(map, field, format)}{}`;
  if (format === 'quantity' || ['divisor', 'sizeLimit'].includes(field)) return 'quantity';
  if (type === 'number') return format.startsWith('int') ? 'integer' : 'number';
  return scalars[type] ?? type;
}

/** `!` after a type: the field must be there. The declarations say so by a missing question mark. */
function requiredFields(model: string): Set<string> {
  const declaration = readFileSync(join(models, `${model}.d.ts`), 'utf8');
  return new Set([...declaration.matchAll(/^ {4}'([^']+)': /gm)].map(([, name]) => name ?? ''));
}

const table: Record<string, Record<string, string>> = {};
function add(name: string): void {
  const model = loaded[name];
  if (table[name] || !model?.getAttributeTypeMap) return;
  const required = requiredFields(name);
  const fields: Record<string, string> = {};
  table[name] = fields;
  for (const { name: property, baseName, type, format } of model.getAttributeTypeMap()) {
    const short = shorten(type, baseName, format);
    fields[baseName] = required.has(property) ? `${short}!` : short;
    add(short.replace(/[[\]{}]/g, ''));
  }
}

const roots: Record<string, string> = {};
for (const { group, versions, kind } of createKinds().all()) {
  const model = [`V1${kind}`, `CoreV1${kind}`].find((name) => loaded[name]?.getAttributeTypeMap);
  if (!model || versions[0] !== 'v1' || /istio|gateway|linkerd/.test(group)) continue;
  roots[group === '' ? kind : `${kind}.${group}`] = model;
  add(model);
}
const sorted = Object.fromEntries(Object.entries(table).sort(([a], [b]) => (a < b ? -1 : 1)));
writeFileSync(new URL('gen/kinds.json', import.meta.url), `${JSON.stringify({ roots, models: sorted }, null, 1)}\n`);
