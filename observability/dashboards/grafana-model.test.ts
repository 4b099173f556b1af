import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { meshNames } from '../../mesh/intent.ts';
import { dashboards } from './dashboards.ts';

/**
 * The JSON of every dashboard, and faults in it, as literals under the types that Grafana publishes: the type checker knows every
 * field, its values, and those that Grafana does not have. One run over all.
 */
const root = join(import.meta.dirname, '..', '..');
const well = Object.fromEntries(
  meshNames.flatMap((mesh) =>
    dashboards({ mesh, meshMetrics: 'standard' }).map(({ uid, json }) => [`${mesh}-${uid}`, JSON.stringify(json)]),
  ),
);

/** A piece of the JSON, what stands there instead, and what the type checker says. */
const faults = [
  {
    name: 'type-of-a-field',
    from: '"schemaVersion":',
    to: '"schemaVersion":"42","version":',
    says: /'string' is not assignable to type 'number'/,
  },
  {
    name: 'field-that-is-none',
    from: '"refresh":"10s"',
    to: '"refresh":"10s","refreshes":"10s"',
    says: /'"refreshes"' does not exist/,
  },
  { name: 'field-that-is-missing', from: '"schemaVersion":42,', to: '', says: /'schemaVersion' is missing/ },
  { name: 'value-of-an-enum', from: '"graphTooltip":1', to: '"graphTooltip":7', says: /Type '7' is not assignable/ },
  { name: 'kind-of-a-variable', from: '"type":"query"', to: '"type":"querry"', says: /"querry"' is not assignable/ },
  { name: 'kind-of-a-panel', from: '"type":"timeseries"', to: '"type":"graph"', says: /"graph"' is not assignable/ },
  { name: 'option-of-a-panel', from: '"graphMode":"area"', to: '"graphMode":"pie"', says: /"pie"' is not assignable/ },
  {
    name: 'style-of-lines',
    from: '"lineWidth":1',
    to: '"lineWidth":"1"',
    says: /'string' is not assignable to type 'number'/,
  },
  { name: 'field-of-a-query', from: '"legendFormat":', to: '"legend":', says: /'"legend"' does not exist/ },
  { name: 'place-of-a-panel', from: '"gridPos":{"h":', to: '"gridPos":{"height":', says: /'"height"' does not exist/ },
] as const;

let folder = '';
let said = '';

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'parley-grafana-model-'));
  const sound = well['istio-parley-mesh'] ?? '';
  const files = {
    ...well,
    ...Object.fromEntries(faults.map(({ name, from, to }) => [`fault-${name}`, sound.replace(from, () => to)])),
  };
  const model = JSON.stringify(join(import.meta.dirname, 'grafana-model.ts'));
  for (const [name, json] of Object.entries(files)) {
    const text = `import type { GrafanaModel } from ${model};\nexport const board: GrafanaModel = ${json};\n`;
    writeFileSync(join(folder, `${name}.mts`), text);
  }
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({
      extends: join(root, 'tsconfig.json'),
      compilerOptions: { types: [] },
      include: ['*.mts'],
      exclude: [],
    }),
  );
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  said = spawnSync(process.execPath, [tsc, '--project', folder, '--pretty', 'false'], { encoding: 'utf8' }).stdout;
}, 60_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Everything that is said of a file: an error and the lines that explain it. */
function saidOf(name: string): string {
  return said
    .split(/^(?=\S)/m)
    .filter((error) => error.includes(`${name}.mts(`))
    .join('');
}

test.each(Object.keys(well))('%s is a dashboard as Grafana publishes the type', (name) => {
  expect(saidOf(name)).toBe('');
});

test.each(faults)('seeded fault, $name: it is found', ({ name, from, says }) => {
  expect(well['istio-parley-mesh']).toContain(from);
  expect(saidOf(`fault-${name}`)).toMatch(says);
});
