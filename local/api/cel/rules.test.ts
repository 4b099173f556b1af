import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../store/json.ts';
import { compileRules } from './compile.ts';
import { ruleErrors } from './evaluate.ts';

const text = { type: 'string' };
const count = { type: 'integer' };

/** A schema with rules at one of its levels. */
const schemaWith = (rules: readonly object[], at: 'root' | 'spec' | 'items' | 'entries' = 'spec'): JsonObject => {
  const where = (level: typeof at) => (level === at ? { 'x-kubernetes-validations': rules } : {});
  const item = { type: 'object', properties: { name: text, weight: count, 'min-age': count }, ...where('items') };
  return {
    type: 'object',
    ...where('root'),
    properties: {
      spec: {
        type: 'object',
        ...where('spec'),
        properties: {
          name: text,
          size: count,
          share: { type: 'number' },
          from: { type: 'string', format: 'date-time' },
          port: { 'x-kubernetes-int-or-string': true },
          items: {
            type: 'array',
            items: item,
            'x-kubernetes-list-type': 'map',
            'x-kubernetes-list-map-keys': ['name'],
          },
          loose: { type: 'array', items: { type: 'string', ...where('entries') }, 'x-kubernetes-list-type': 'atomic' },
          labels: { type: 'object', additionalProperties: text },
          anything: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
          while: count,
        },
      },
    },
  };
};

const object = (spec: object) => ({ apiVersion: 'a/v1', kind: 'A', metadata: { name: 'x' }, spec });

function ask(rule: string, spec: object, old?: object) {
  const { tree, errors } = compileRules(schemaWith([{ rule, message: 'no' }]), '');
  expect(errors).toEqual([]);
  return ruleErrors(tree, object(spec), old && object(old));
}

const spec = {
  name: 'five%',
  size: 5,
  share: 0.5,
  from: '2026-01-01T00:00:00Z',
  port: 80,
  items: [
    { name: 'a', weight: 1, 'min-age': 3 },
    { name: 'b', weight: 2 },
  ],
  loose: ['x', 'y'],
  labels: { tier: 'front' },
  while: 1,
};

describe('what a rule of an API server can say', () => {
  test.each([
    'self.size == 5 && self.share < 1.0',
    "has(self.name) && !has(self.labels.other) && 'tier' in self.labels",
    "self.labels['tier'] == 'front' && self.labels.tier.startsWith('fr')",
    'size(self.items) == 2 && self.items.size() == 2',
    'self.items.all(i, i.weight > 0) && self.items.exists(i, i.weight == 2)',
    "self.items.exists_one(i, i.name == 'a') && self.items.filter(i, i.weight > 1).size() == 1",
    'self.items.map(i, i.weight).isSorted() && self.items.map(i, i.weight).sum() == 3',
    'self.items.map(i, i.weight).max() == 2 && self.items.map(i, i.weight).min() == 1',
    "self.items[0].name == 'a' && has(self.items[0].weight) && !has(self.items[1].min__dash__age)",
    "self.name.matches('^[a-z]+%$') && self.name.replace('%', '') == 'five'",
    "'A,b'.split(',').size() == 2 && 'A'.lowerAscii() == 'a' && ' a '.trim() == 'a'",
    "'abc'.charAt(1) == 'b' && 'abc'.substring(1) == 'bc' && 'a1b22'.findAll('[0-9]+').size() == 2",
    "double('0.5') == self.share && int('5') == self.size && string(self.size) == '5'",
    "duration('1m30s') > duration('1m') && self.from < timestamp('2027-01-01T00:00:00Z')",
    "type(self.port) == int ? self.port > 0 : self.port != ''",
    "self.loose == ['x', 'y'] && self.loose.indexOf('y') == 1",
    'self.__while__ == 1',
    '!has(self.anything) || true',
    "isIP('::1') && !isIP('localhost')",
    'self.?name.hasValue() && optional.none().orValue(true)',
  ])('%s', (rule) => {
    expect(ask(rule, spec)).toEqual([]);
  });
});

describe('a rule that does not hold', () => {
  test('is refused at the field that it names, with its message and reason', () => {
    const schema = schemaWith([
      { rule: 'self.size > 9', message: 'too small', fieldPath: '.size', reason: 'FieldValueForbidden' },
      { rule: 'self.size > 8', messageExpression: "'is ' + string(self.size)" },
      { rule: 'self.size > 7' },
      { rule: 'self.size > 6', message: 'plain', messageExpression: 'self.labels.gone' },
    ]);
    const { tree, errors } = compileRules(schema, '');
    expect(errors).toEqual([]);
    expect(ruleErrors(tree, object({ size: 5 }), undefined)).toEqual([
      { field: 'spec.size', type: 'Forbidden', detail: 'too small' },
      { field: 'spec', type: 'Invalid', detail: 'is 5' },
      { field: 'spec', type: 'Invalid', detail: 'failed rule: self.size > 7' },
      { field: 'spec', type: 'Invalid', detail: 'plain' },
    ]);
  });

  test('is refused at every item that breaks it', () => {
    const { tree } = compileRules(schemaWith([{ rule: 'self.weight < 2', message: 'no' }], 'items'), '');
    expect(ruleErrors(tree, object(spec), undefined).map(({ field }) => field)).toEqual(['spec.items[1]']);
  });

  test('at the root it sees name and kind', () => {
    const { tree } = compileRules(schemaWith([{ rule: "self.metadata.name == 'y' && self.kind == 'A'" }], 'root'), '');
    expect(ruleErrors(tree, object(spec), undefined).map(({ field }) => field)).toEqual(['<root>']);
  });

  test('a rule that cannot be asked is a refusal, not a pass', () => {
    expect(ask('self.name.size() > 1', {})).toMatchObject([
      { field: 'spec', detail: expect.stringMatching(/^No such key: name/) },
    ]);
  });
});

describe('rules about a change', () => {
  test('are asked when there is a value before', () => {
    expect(ask('self.size >= oldSelf.size', { size: 1 })).toEqual([]);
    expect(ask('self.size >= oldSelf.size', { size: 1 }, { size: 2 })).toHaveLength(1);
    expect(ask('self.size >= oldSelf.size', { size: 3 }, { size: 2 })).toEqual([]);
  });

  test('find the item before by its key, wherever it stood', () => {
    const { tree } = compileRules(schemaWith([{ rule: 'self.weight >= oldSelf.weight', message: 'no' }], 'items'), '');
    const old = object({
      items: [
        { name: 'a', weight: 1 },
        { name: 'b', weight: 2 },
      ],
    });
    const errors = ruleErrors(
      tree,
      object({
        items: [
          { name: 'b', weight: 1 },
          { name: 'a', weight: 1 },
          { name: 'c', weight: 0 },
        ],
      }),
      old,
    );
    expect(errors.map(({ field }) => field)).toEqual(['spec.items[0]']);
  });

  test('may be asked of a new object too', () => {
    const rule = { rule: 'oldSelf.hasValue() || self.size == 1', optionalOldSelf: true, message: 'must begin with 1' };
    const { tree, errors } = compileRules(schemaWith([rule]), '');
    expect(errors).toEqual([]);
    expect(ruleErrors(tree, object({ size: 2 }), undefined)).toHaveLength(1);
    expect(ruleErrors(tree, object({ size: 2 }), object({ size: 9 }))).toEqual([]);
  });

  test('cannot be where items are not told from each other', () => {
    const { errors } = compileRules(schemaWith([{ rule: 'self == oldSelf' }], 'entries'), 'schema');
    expect(errors).toMatchObject([
      {
        field: 'schema.properties[spec].properties[loose].items.x-kubernetes-validations[0].rule',
        detail: expect.stringContaining('oldSelf cannot be used'),
      },
    ]);
    expect(compileRules(schemaWith([{ rule: "self == 'oldSelf'" }], 'entries'), '').errors).toEqual([]);
  });
});

describe('a rule that cannot be compiled is refused by name', () => {
  test.each([
    ['self.size ==', 'compilation failed: '],
    ['self.nosuch == 1', 'No such key: nosuch'],
    ['has(self.nosuch)', 'No such key: nosuch'],
    ["self.size == 'a'", 'no such overload: int == string'],
    ['self.size', 'must evaluate to bool, not int'],
    ['self.anything.deep == 1', 'No such key: deep'],
    [
      "quantity(self.name).isGreaterThan(quantity('1Mi'))",
      'does not have the CEL library quantity; use a Kubernetes cluster',
    ],
    ["url(self.name).getScheme() == 'https'", 'does not have the CEL library url'],
    ['ip(self.name).family() == 4', 'does not have the CEL library ip'],
    ["cidr('10.0.0.0/8').containsIP(self.name)", 'does not have the CEL library cidr'],
    ['format.dns1123Label().validate(self.name) == null', 'does not have the CEL library format'],
    ['sets.contains(self.loose, self.loose)', 'does not have the CEL library sets'],
    ['semver(self.name).major() > 1', 'does not have the CEL library semver'],
  ])('%s', (rule, message) => {
    const { errors } = compileRules(schemaWith([{ rule }]), 'schema');
    expect(errors).toMatchObject([
      {
        field: 'schema.properties[spec].x-kubernetes-validations[0].rule',
        value: rule,
        detail: expect.stringContaining(message),
      },
    ]);
  });
});
