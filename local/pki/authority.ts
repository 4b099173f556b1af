import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { issueCertificate, type KeyPair, makeAuthority, validity } from '../../pki/certificate.ts';
import { spiffeId } from './spiffe.ts';

const hourMs = 3_600_000;
const yearMs = 365 * 24 * hourMs;
/** A development cluster's authority outlives the clone it was made in. */
const authorityLifeMs = 10 * yearMs;

/** A leaf certificate, its key, and when it ends (milliseconds since 1970). */
export interface Issued extends KeyPair {
  readonly notAfterMs: number;
}

/**
 * The certificate authorities of one embedded cluster. There are two, because they answer different questions: the
 * identity authority says which workload this is, the cluster authority who may use the API. A stolen workload
 * certificate then opens no API server, and a kubeconfig opens no sidecar.
 */
export interface Authority {
  readonly trustDomain: string;
  /** PEM that sidecars trust. */
  readonly identityBundlePem: string;
  /** PEM for `certificate-authority-data` of the kubeconfig and for the API server's client authentication. */
  readonly clusterBundlePem: string;
  /** X.509-SVID without common name (https://github.com/spiffe/spiffe/blob/main/standards/X509-SVID.md). */
  identity(workload: { readonly namespace: string; readonly serviceAccount: string }): Promise<Issued>;
  /** Server certificate of the API server: DNS names and IP addresses. */
  server(names: { readonly dns: readonly string[]; readonly ips: readonly string[] }): Promise<Issued>;
  /** Client certificate: `commonName` is the user, `organizations` its groups, as kubeconfig users have them. */
  client(user: { readonly commonName: string; readonly organizations?: readonly string[] }): Promise<Issued>;
}

export interface AuthorityOptions {
  /** Folder `pki/` of the state folder; made with mode 0700. */
  readonly dir: string;
  readonly clock: { now(): number };
  /** Such as `cluster.local`. */
  readonly trustDomain: string;
  /** Life of identities; default one hour. */
  readonly identityLifeMs?: number;
}

function readAuthority(path: string): KeyPair | undefined {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw cause;
  }
  const keyPem = /-----BEGIN PRIVATE KEY-----[^-]+-----END PRIVATE KEY-----/.exec(text)?.[0];
  const certificatePem = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/.exec(text)?.[0];
  if (!keyPem || !certificatePem) {
    throw new Error(`${path}: no private key and certificate in it; delete the file and start again`);
  }
  return { keyPem: `${keyPem}\n`, certificatePem: `${certificatePem}\n` };
}

/** Key and certificate are in one file, so that a crash between two writes cannot part them. */
async function openPair(path: string, subject: string, nowMs: number): Promise<KeyPair> {
  const found = readAuthority(path);
  if (found) {
    const { notAfterMs } = validity(found.certificatePem);
    if (notAfterMs > nowMs) return found;
    throw new Error(`${path}: the authority ended on ${new Date(notAfterMs).toISOString()}; delete it and start again`);
  }
  const made = await makeAuthority(subject, nowMs, nowMs + authorityLifeMs);
  writeFileSync(`${path}.tmp`, `${made.keyPem.trimEnd()}\n${made.certificatePem.trimEnd()}\n`, { mode: 0o600 });
  renameSync(`${path}.tmp`, path);
  return { keyPem: `${made.keyPem.trimEnd()}\n`, certificatePem: `${made.certificatePem.trimEnd()}\n` };
}

/** Opens the authorities kept in `dir`, or makes them. Throws when a file is there but damaged or past its end. */
export async function openAuthority(options: AuthorityOptions): Promise<Authority> {
  const { dir, clock, trustDomain, identityLifeMs = hourMs } = options;
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const identities = await openPair(
    join(dir, 'identity-ca.pem'),
    `O=${trustDomain}, CN=parley identities`,
    clock.now(),
  );
  const cluster = await openPair(join(dir, 'cluster-ca.pem'), 'CN=parley cluster', clock.now());
  const issue = async (
    ca: KeyPair,
    lifeMs: number,
    request: Pick<Parameters<typeof issueCertificate>[1], 'subject' | 'alternativeNames' | 'usages'>,
  ): Promise<Issued> => {
    const nowMs = clock.now();
    const pair = await issueCertificate(ca, { ...request, nowMs, notAfterMs: nowMs + lifeMs });
    return { ...pair, notAfterMs: validity(pair.certificatePem).notAfterMs };
  };
  return {
    trustDomain,
    identityBundlePem: identities.certificatePem,
    clusterBundlePem: cluster.certificatePem,
    identity: (workload) =>
      issue(identities, identityLifeMs, {
        subject: '',
        alternativeNames: [{ type: 'url', value: spiffeId(trustDomain, workload) }],
        usages: ['server', 'client'],
      }),
    server: ({ dns, ips }) =>
      issue(cluster, yearMs, {
        subject: `CN=${dns[0] ?? ips[0] ?? 'server'}`,
        alternativeNames: [
          ...dns.map((value) => ({ type: 'dns', value }) as const),
          ...ips.map((value) => ({ type: 'ip', value }) as const),
        ],
        usages: ['server'],
      }),
    client: ({ commonName, organizations = [] }) =>
      issue(cluster, yearMs, {
        subject: [...organizations.map((name) => `O=${name}`), `CN=${commonName}`].join(', '),
        alternativeNames: [],
        usages: ['client'],
      }),
  };
}
