import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Secret } from 'kubernetes-types/core/v1.js';
import type { Catalogue } from '../charts/catalogue.ts';
import { databasePasswordKey, secretContracts, secretContractsOf } from '../charts/secrets.ts';
import { ownLabels } from '../mesh/objects.ts';
import { namespace as observed } from '../observability/names.ts';
import { grafanaSecret } from '../observability/secrets.ts';
import type { Cluster } from './cluster.ts';
import { Failure } from './failure.ts';
import { namespace } from './routes.ts';

type SecretName = (typeof secretContracts)[keyof typeof secretContracts]['name'];

type SecretData = Readonly<Record<string, string>>;

const yearMs = 365 * 24 * 3_600_000;
const keyCount = 2;

/**
 * Makes the Secrets that are not there, and the passwords of databases that came later; what is there stays as it is. Returns the names of
 * those that it made or added to.
 */
export async function makeMissingSecrets(
  cluster: Cluster,
  catalogue: Catalogue,
  edgeAuthorityFile: string,
  epochMs: number,
): Promise<string[]> {
  const makers: Record<string, () => Promise<SecretData>> = {
    postgres: async () => postgresData(catalogue),
    identity: identityData,
    'edge-tls': () => edgeData(epochMs),
    'rollout-calls': () => rolloutCallsData(cluster),
  } satisfies Record<SecretName, () => Promise<SecretData>>;
  const made: string[] = [];
  for (const { name, type } of secretContractsOf(catalogue)) {
    const found = await readSecret(cluster, name);
    const data = found && name !== 'postgres' ? found : { ...(await makers[name]?.()), ...found };
    if (name === 'edge-tls') writeAuthority(edgeAuthorityFile, data['ca.crt'] ?? '');
    if (found && Object.keys(data).every((key) => key in found)) continue;
    const secret = secretOf(name, namespace, data);
    await (found ? cluster.merge<Secret>(secret) : cluster.create<Secret>({ ...secret, type }));
    made.push(name);
  }
  return made;
}

/** The administrator of Grafana, who is asked for only by those who want to change a dashboard. */
export async function makeGrafanaSecret(cluster: Cluster): Promise<void> {
  const { name, type } = grafanaSecret;
  const found = await cluster.read<Secret>({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, namespace: observed },
  });
  if (found) return;
  await cluster.create<Secret>({ ...secretOf(name, observed, { 'admin-password': secretText() }), type });
}

function secretOf(name: string, inNamespace: string, data: SecretData) {
  return {
    apiVersion: 'v1' as const,
    kind: 'Secret' as const,
    metadata: { name, namespace: inNamespace, labels: { ...ownLabels } },
    data: Object.fromEntries(Object.entries(data).map(([key, text]) => [key, Buffer.from(text).toString('base64')])),
  };
}

/** The superuser, and a role for each service with a database. */
function postgresData(catalogue: Catalogue): SecretData {
  const owners = catalogue.filter(({ database }) => database !== undefined);
  const passwords = owners.map(({ name }) => [databasePasswordKey(name), secretText()] as const);
  return { username: 'exchange', password: secretText(), ...Object.fromEntries(passwords) };
}

/** Decoded data of a Secret; undefined when it is not there. */
export async function readSecret(cluster: Cluster, name: string): Promise<SecretData | undefined> {
  const found = await cluster.read<Secret>({ apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace } });
  if (!found) return undefined;
  return Object.fromEntries(
    Object.entries(found.data ?? {}).map(([key, text]) => [key, Buffer.from(text, 'base64').toString('utf8')]),
  );
}

/** The secret of a client of the identity service. Fails with the known clients. */
export async function clientSecret(cluster: Cluster, client: string): Promise<string> {
  const data = await readSecret(cluster, 'identity');
  if (!data?.clients)
    throw new Failure('NotRunning', 'the exchange has no Secret `identity` yet', { hint: 'Type: parley up' });
  const clients = JSON.parse(data.clients) as readonly IdentityClient[];
  const found = clients.find(({ id }) => id === client);
  if (found) return found.secret;
  const known = clients.map(({ id }) => id).join(', ');
  throw new Failure('UnknownClient', `${client}: unknown client; known: ${known}`, {
    exit: 'usage',
    hint: 'Type: parley token --client demo',
  });
}

/** A client as services/identity/clients.ts reads it; without scopes it has all. */
interface IdentityClient {
  readonly id: string;
  readonly secret: string;
  readonly user: string;
  readonly scopes?: readonly string[];
}

/**
 * Who makes the calls of rollouts: it may read, and nothing else. The user is that of the client `demo`, who has an account since `up` asked for
 * an answer of every conversation: without one there would be no balance to look at.
 */
const rolloutClient = { id: 'rollouts', user: 'demo', scopes: ['exchange.read'] } as const;

/** Two signing keys, so that a rotation is only a change of which one signs (RFC 7517, RFC 8037). */
async function identityData(): Promise<SecretData> {
  const { calculateJwkThumbprint, exportJWK, generateKeyPair } = await import('jose');
  const keys = await Promise.all(
    Array.from({ length: keyCount }, async () => {
      const { privateKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true });
      const jwk = await exportJWK(privateKey);
      return { ...jwk, alg: 'EdDSA', use: 'sig', kid: await calculateJwkThumbprint(jwk) };
    }),
  );
  const clients: IdentityClient[] = [
    { id: 'demo', secret: secretText(), user: 'demo' },
    { ...rolloutClient, secret: secretText() },
  ];
  return { jwks: JSON.stringify({ keys }), clients: JSON.stringify(clients) };
}

/**
 * The credentials of {@link rolloutClient}, as identity has them. An identity that was made before there were rollouts gets the client, and knows
 * it from its next start.
 */
async function rolloutCallsData(cluster: Cluster): Promise<SecretData> {
  const { name } = secretContracts.identity;
  const clients: readonly IdentityClient[] = JSON.parse((await readSecret(cluster, name))?.clients ?? '[]');
  const known = clients.find(({ id }) => id === rolloutClient.id);
  const client = known ?? { ...rolloutClient, secret: secretText() };
  if (!known) await cluster.merge<Secret>(secretOf(name, namespace, { clients: JSON.stringify([...clients, client]) }));
  return { 'token-url': '/oauth/token', 'client-id': client.id, 'client-secret': client.secret };
}

async function edgeData(epochMs: number): Promise<SecretData> {
  const { issueCertificate, makeAuthority } = await import('../pki/certificate.ts');
  const authority = await makeAuthority('CN=parley edge', epochMs, epochMs + 10 * yearMs);
  const leaf = await issueCertificate(authority, {
    subject: 'CN=edge.exchange',
    alternativeNames: [
      { type: 'dns', value: 'localhost' },
      { type: 'dns', value: 'edge.exchange' },
      { type: 'ip', value: '127.0.0.1' },
    ],
    usages: ['server'],
    nowMs: epochMs,
    notAfterMs: epochMs + yearMs,
  });
  return { 'tls.crt': leaf.certificatePem, 'tls.key': leaf.keyPem, 'ca.crt': authority.certificatePem };
}

function writeAuthority(file: string, pem: string): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  writeFileSync(file, pem);
}

function secretText(): string {
  return randomBytes(24).toString('base64url');
}
