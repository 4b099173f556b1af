import { describe, expect, test } from 'vitest';
import type { Edge, Seen } from '../edges/edge.ts';
import { type Envoy, type EnvoyAnswers, envoyVerdict, readEnvoy } from './edge-verdict.ts';
import { recorded } from './recorded.ts';

const identity = (account: string) => `spiffe://cluster.local/ns/exchange/sa/${account}`;
const edge: Edge = {
  source: 'orders',
  destination: 'accounts',
  port: 8080,
  clientIdentity: identity('orders'),
  serverIdentity: identity('accounts'),
};
const nowMs = Date.parse('2026-11-21T05:45:00Z');

/** The same facts, read from both kinds of sidecars. */
const kinds = [
  { kind: 'istio', ip: '10.244.0.10', connections: 4, chain: 'virtualInbound/0.0.0.0_8080' },
  { kind: 'embedded', ip: '127.239.1.4', connections: 1, chain: 'in/p8080' },
] as const;

describe.each(kinds)('$kind', ({ kind, ip, connections, chain }) => {
  const seen = (pod: string, at: string, answers: EnvoyAnswers): Seen<Envoy> => ({
    pod,
    ip: at,
    state: 'read',
    proxy: readEnvoy(answers),
  });
  const orders = (answers = recorded(`${kind}-orders`)) => [seen('orders-1', '', answers)];
  const accounts = (answers = recorded(`${kind}-accounts`)) => [seen('accounts-1', ip, answers)];
  const verdict = (callers = orders(), providers = accounts(), of: Edge = edge, at = nowMs) =>
    envoyVerdict(of, callers, providers, at);
  const against = (reason: string) => ({ state: 'no', reason: expect.stringContaining(reason) });

  test('secured: both certificates, TLS to the right name, no way in without a certificate', () => {
    expect(verdict()).toEqual({ secured: { state: 'yes' }, connections, handshakes: connections });
  });

  test('not secured: another name in the certificates, or one that has ended', () => {
    const stranger = { ...edge, clientIdentity: identity('stranger') };
    expect(verdict(orders(), accounts(), stranger).secured).toEqual(against('orders-1 presents no certificate'));
    const late = Date.parse('2026-11-23T00:00:00Z');
    expect(verdict(orders(), accounts(), edge, late).secured).toEqual(against('not valid now'));
  });

  test('not secured: the caller takes another server, or any', () => {
    const spoiled = (to: string) =>
      orders(recorded(`${kind}-orders`, (text) => text.replaceAll(edge.serverIdentity, to)));
    expect(verdict(spoiled(identity('stranger'))).secured).toEqual(against(`also takes ${identity('stranger')}`));
    const any = recorded(`${kind}-orders`, (text) => text.replace(/match_(typed_)?subject_alt_names/g, 'left_out'));
    expect(verdict(orders(any)).secured).toEqual(against('takes any server'));
  });

  test('not secured: the caller sends plain text', () => {
    const plain = recorded(`${kind}-orders`, (text) =>
      text
        .replaceAll('"tlsMode":"istio"}', '"tlsMode":"disabled"}')
        .replaceAll('tls.v3.UpstreamTlsContext', 'raw_buffer.v3.RawBuffer'),
    );
    expect(verdict(orders(plain)).secured).toEqual(against('sends by plain text'));
  });

  test('not secured: the provider asks for no certificate, or takes plain text beside TLS', () => {
    const lax = recorded(`${kind}-accounts`, (text) =>
      text.replaceAll('"require_client_certificate":true', '"require_client_certificate":false'),
    );
    expect(verdict(orders(), accounts(lax)).secured).toEqual(against('takes clients without a certificate'));
    const open = recorded(`${kind}-accounts`, (text) => text.replaceAll('tls.v3.DownstreamTlsContext', 'raw.v3.Raw'));
    expect(verdict(orders(), accounts(open)).secured).toEqual(against(`${chain}: takes plain text`));
  });

  test('connections of which none was a handshake speak against it', () => {
    const mute = { ...recorded(`${kind}-orders`), handshakes: '{"stats":[]}' };
    expect(verdict(orders(mute))).toEqual({ secured: { state: 'yes' }, connections });
    const zeros = recorded(`${kind}-orders`).handshakes.replace(/"value":\d+/g, '"value":0');
    expect(verdict(orders({ ...mute, handshakes: zeros })).secured).toEqual(against('not one TLS handshake'));
  });

  test('nothing seen is unknown, a Pod outside the mesh is a no', () => {
    expect(verdict([]).secured).toEqual({ state: 'unknown', reason: 'orders has no ready Pod' });
    expect(verdict(orders(), []).secured).toEqual({ state: 'unknown', reason: 'accounts has no ready Pod' });
    const unread: Seen<Envoy> = { pod: 'orders-1', ip: '', state: 'unread', reason: 'no answer' };
    expect(verdict([unread])).toEqual({
      secured: { state: 'unknown', reason: 'the sidecar of Pod orders-1 cannot be read: no answer' },
    });
    const bare: Seen<Envoy> = { pod: 'accounts-2', ip: '10.244.0.99', state: 'none', reason: 'it has no sidecar' };
    expect(verdict(orders(), [...accounts(), bare]).secured).toEqual(against('Pod accounts-2 is not in the mesh'));
    const elsewhere: Seen<Envoy> = { ...accounts()[0], ip: '10.0.0.1' } as Seen<Envoy>;
    expect(verdict(orders(), [elsewhere]).secured).toEqual({
      state: 'unknown',
      reason: 'the sidecar of Pod orders-1 has no way to Pod accounts-1',
    });
  });
});

test('an answer that is none of Envoy names the path and the next step', () => {
  const answers = { ...recorded('istio-orders'), certificates: 'upstream connect error' };
  expect(() => readEnvoy(answers)).toThrow(expect.objectContaining({ code: 'BadAnswer', hint: expect.any(String) }));
  expect(() => readEnvoy(answers)).toThrow('GET /certs');
});
