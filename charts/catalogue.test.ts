import { expect, test } from 'vitest';
import { CatalogueError, parseCatalogue } from './catalogue.ts';
import { catalogue } from './catalogue-sample.ts';

function file(folder: string, content: unknown) {
  const text = typeof content === 'string' ? content : JSON.stringify(content);
  return { path: `services/${folder}/service.json`, folder, text };
}

const sound = {
  name: 'quotes',
  protocol: 'http',
  port: 8080,
  default: '1.0.0',
  providers: [],
  releases: { '1.0.0': { contracts: ['v1'] } },
};

test('the services of this repository are there, by name', () => {
  expect(catalogue.map(({ name }) => name)).toEqual(['accounts', 'identity', 'orders', 'portfolio']);
});

test('each service that has contract v2 has a release that still serves v1 with it', () => {
  for (const { name, releases } of catalogue) {
    const served = Object.values(releases).filter(({ contracts }) => contracts.includes('v2'));
    for (const { contracts } of served) expect(contracts, name).toContain('v1');
  }
});

test('everything that is wrong in all files is said at once', () => {
  const files = [
    file('a', { ...sound, name: 'a', default: '2.0.0', providers: ['ghost', 'a'] }),
    file('b', { ...sound, port: 0, colour: 'red' }),
    file('c', '{'),
    file('d', { ...sound, releases: { latest: { contracts: [] } } }),
  ];
  const attempt = () => parseCatalogue(files);
  expect(attempt).toThrow(CatalogueError);
  for (const part of [
    'services/a/service.json: default: `2.0.0` is no release; known: 1.0.0',
    'services/a/service.json: providers: `ghost` is no service; known: a, b, c, d',
    'services/a/service.json: providers: a service does not call itself',
    'services/b/service.json: port: ',
    'services/b/service.json: file: Unrecognized key: "colour"',
    'services/c/service.json: file: ',
    'services/d/service.json: releases.latest: ',
  ]) {
    expect(attempt).toThrow(part);
  }
});

test('a name that is not that of its folder is refused', () => {
  expect(() => parseCatalogue([file('feed', sound)])).toThrow('name: `quotes` is not its folder `feed`');
});

test('a database that two services name is refused: it has one owner', () => {
  const files = ['a', 'b'].map((name) => file(name, { ...sound, name, database: 'books' }));
  expect(() => parseCatalogue(files)).toThrow('services/b/service.json: database: `books` is that of a too');
});

test('no files at all is an error, not an empty exchange', () => {
  expect(() => parseCatalogue([])).toThrow('there is no services/<name>/service.json');
});

test('a call that no release serves, that expects nothing, or that has the name of another is refused', () => {
  const call = { name: 'ticks', contract: 'v1', path: '/v1/ticks', expect: { status: 200 } };
  const wrong = [call, { ...call, contract: 'v3' }, { ...call, name: 'silent', expect: {} }];
  const attempt = () => parseCatalogue([file('quotes', { ...sound, calls: wrong })]);
  for (const part of [
    'services/quotes/service.json: calls: `ticks`: no release serves contract `v3`',
    'services/quotes/service.json: calls: `ticks`: another call has this name',
    'services/quotes/service.json: calls: `silent`: expects nothing of the answer',
  ]) {
    expect(attempt).toThrow(part);
  }
  const malformed = { ...call, path: 'ticks', expect: { json: [{ pointer: 'a', type: 'text' }] } };
  for (const part of ['calls.0.path: ', 'calls.0.expect.json.0.pointer: ', 'calls.0.expect.json.0.type: '])
    expect(() => parseCatalogue([file('quotes', { ...sound, calls: [malformed] })])).toThrow(part);
});

test('every service of this repository is called by each contract, and over HTTP looked into', () => {
  for (const { name, calls = [], protocol, releases } of catalogue) {
    const contracts = new Set(Object.values(releases).flatMap((release) => release.contracts));
    expect(new Set(calls.map(({ contract }) => contract)), name).toEqual(contracts);
    if (protocol === 'http') for (const call of calls) expect(call.expect.json, `${name} ${call.name}`).toBeDefined();
  }
});
