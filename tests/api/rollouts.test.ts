import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { kubeconfig, testServer } from '../../local/api/test-server.ts';
import { rolloutDefinition } from '../../rollout/resource/definition.ts';
import { parseRollout } from '../../rollout/resource/parse.ts';
import { asResource, goodRollouts, rolloutOf, wrongRollouts } from '../../rollout/resource/sample-rollouts.ts';
import { type Finished, run } from '../program.ts';
import { kubectlBinary } from '../tools/kubectl.ts';

/** The resource in the embedded API server, written with kubectl: what the parser refuses the server refuses in the same words. */
describe('Rollouts and kubectl', () => {
  let binary: string;
  let folder: string;
  let server: Awaited<ReturnType<typeof testServer>>;
  let env: Record<string, string>;

  const attempt = (args: string, object?: unknown): Promise<Finished> =>
    run([binary, ...args.split(' ')], { env, ...(object === undefined ? {} : { stdin: JSON.stringify(object) }) });
  async function kubectl(args: string, object?: unknown): Promise<string> {
    const { code, stdout, stderr } = await attempt(args, object);
    expect(code, `kubectl ${args}\n${stderr}`).toBe(0);
    return stdout;
  }
  async function refusal(args: string, object?: unknown): Promise<string> {
    const { code, stderr } = await attempt(args, object);
    expect(code, `kubectl ${args} was not refused`).toBe(1);
    return stderr;
  }

  beforeAll(async () => {
    binary = await kubectlBinary('1.32');
    server = await testServer();
    folder = await mkdtemp(join(tmpdir(), 'parley-rollouts-'));
    await writeFile(join(folder, 'kubeconfig'), kubeconfig(server.url, server.authority.cert, server.admin));
    env = { KUBECONFIG: join(folder, 'kubeconfig'), HOME: folder, PATH: process.env.PATH ?? '' };
    await kubectl('apply -f -', rolloutDefinition());
    await kubectl('wait --for=condition=Established crd/rollouts.parley.dev --timeout=5s');
  });
  afterAll(async () => {
    expect(server.errors).toEqual([]);
    await server.close();
    await rm(folder, { recursive: true });
  });

  test('explain: fields, what is required, what they mean', async () => {
    const spec = await kubectl('explain rollouts.spec');
    expect(spec).toMatch(
      /^ {2}candidate\t<string> -required-\n {4}The release that is to take over, such as 2\.0\.0\./m,
    );
    expect(spec).toMatch(/^ {2}checks\t<\[\]Object>/m);
    expect(await kubectl('explain ro.spec.checks.latency.quantile')).toContain('Default 95%');
    expect(await kubectl('explain rollout --recursive')).toMatch(
      /^ {4}noEvidence\t<Object>\n {6}action\t<string>\n {6}enum: Wait/m,
    );
  });

  test.each(Object.entries(goodRollouts))('taken: %s', async (_what, spec) => {
    const sample = rolloutOf(spec);
    expect(await kubectl('create --dry-run=server -o json -f -', sample).then(JSON.parse)).toMatchObject({
      spec: JSON.parse(JSON.stringify(sample.spec)),
    });
    expect(parseRollout(asResource(sample)).service).toBe('accounts');
  });

  test.each(Object.entries(wrongRollouts))(
    'refused: %s',
    async (_what, { spec, name, field, message, server: own = message }) => {
      const created = await attempt('create --dry-run=server -f -', rolloutOf(spec, name));
      if (own === null) expect(created.code, created.stderr).toBe(0);
      else {
        expect(created.code, `${field} was not refused`).toBe(1);
        const lines = created.stderr
          .trim()
          .split('\n')
          .filter((line) => !line.endsWith('is invalid: '));
        expect(lines).toHaveLength(1);
        expect(lines[0]).toContain(`${field}: `);
        expect(lines[0]).toContain(own);
      }
    },
  );

  test('what has no field is refused, or dropped with a warning when that is asked for', async () => {
    const sample = rolloutOf({ gates: { smokee: true }, colour: 'blue' });
    const strict = await refusal('create --dry-run=server -f -', sample);
    expect(strict).toContain('strict decoding error: unknown field "spec.colour", unknown field "spec.gates.smokee"');
    const warned = await attempt('create --validate=warn --dry-run=server -o json -f -', sample);
    expect(warned.stderr).toContain('Warning: unknown field "spec.colour"');
    expect(JSON.parse(warned.stdout).spec).toEqual({ service: 'accounts', candidate: '2.0.0', gates: {} });
  });

  test('apply, patch, what cannot change, and the table', async () => {
    expect(await kubectl('apply -f -', rolloutOf({}))).toBe('rollout.parley.dev/accounts created\n');
    expect(await kubectl('apply -f -', rolloutOf({}))).toBe('rollout.parley.dev/accounts unchanged\n');
    await kubectl('patch ro accounts --type=merge -p {"spec":{"paused":true,"stable":"1.4.0"}}');
    expect(await refusal('patch ro accounts --type=merge -p {"spec":{"service":"orders"}}')).toContain(
      'spec.service: Invalid value: "orders": cannot be changed: delete this Rollout',
    );
    expect(
      await refusal('patch ro accounts --type=json -p [{"op":"replace","path":"/spec/candidate","value":"1.4.0"}]'),
    ).toContain('spec.stable: Invalid value: must be another release than the candidate');
    const status = {
      phase: 'Analysing',
      stable: '1.4.0',
      weight: 10,
      verdict: 'inconclusive',
      stage: '1/3',
      message: 'waits',
      state: { any: [1] },
    };
    await kubectl(`patch ro accounts --subresource=status --type=merge -p ${JSON.stringify({ status })}`);
    expect(await kubectl('get rollouts')).toMatch(
      /^NAME +STABLE +CANDIDATE +PHASE +WEIGHT +VERDICT +AGE\naccounts +1\.4\.0 +2\.0\.0 +Analysing +10 +inconclusive +\d+s\n$/,
    );
    expect(await kubectl('get parley -o wide')).toMatch(/AGE +STAGE +MESSAGE\n.* 1\/3 +waits\n$/);
    expect(JSON.parse(await kubectl('get ro accounts -o json')).status).toEqual(status);
    expect(
      await refusal('patch ro accounts --subresource=status --type=merge -p {"status":{"phase":"Dancing"}}'),
    ).toContain('status.phase: Unsupported value: "Dancing"');
    await kubectl('delete ro accounts');
  });

  test('seeded fault: without its rules the server takes what the parser refuses', async () => {
    const definition = rolloutDefinition();
    const [version] = definition.spec.versions;
    const { 'x-kubernetes-validations': _rules, ...schema } = version.schema.openAPIV3Schema;
    const names = {
      ...definition.spec.names,
      plural: 'loose',
      kind: 'Loose',
      singular: 'loose',
      listKind: 'LooseList',
      shortNames: [],
    };
    const versions = [{ ...version, schema: { openAPIV3Schema: schema } }];
    await kubectl('apply -f -', {
      ...definition,
      metadata: { name: 'loose.parley.dev' },
      spec: { ...definition.spec, names, versions },
    });
    const sample = { ...rolloutOf({}, 'orders'), kind: 'Loose' };
    await kubectl('create --dry-run=server -f -', sample);
    expect(() => parseRollout(asResource(rolloutOf({}, 'orders')))).toThrow('must be the name of this Rollout');
  });

  test('a definition with a rule that cannot be compiled is refused by the path of the rule', async () => {
    const validations = [{ rule: "quantity(self.size).isGreaterThan(quantity('1Gi'))" }, { rule: 'self.sizee > 1' }];
    const spec = { type: 'object', properties: { size: { type: 'string' } }, 'x-kubernetes-validations': validations };
    const told = await refusal('create -f -', {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: 'shoes.example.org' },
      spec: {
        group: 'example.org',
        scope: 'Namespaced',
        names: { plural: 'shoes', kind: 'Shoe' },
        versions: [
          {
            name: 'v1',
            served: true,
            storage: true,
            schema: { openAPIV3Schema: { type: 'object', properties: { spec } } },
          },
        ],
      },
    });
    const path = 'spec.versions[0].schema.openAPIV3Schema.properties[spec].x-kubernetes-validations';
    expect(told).toContain(`${path}[0].rule: Invalid value`);
    expect(told).toContain('the embedded cluster does not have the CEL library quantity');
    expect(told).toContain(`${path}[1].rule: Invalid value: "self.sizee > 1": compilation failed: No such key: sizee`);
  });
});
