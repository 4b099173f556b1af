import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { type Authority, openAuthority } from '../../local/pki/authority.ts';
import { spiffeId } from '../../local/pki/spiffe.ts';

const trustDomain = 'cluster.local';

/** Who calls and who is called in every pair. */
export const workloads = {
  client: { namespace: 'exchange', serviceAccount: 'portfolio' },
  server: { namespace: 'exchange', serviceAccount: 'accounts' },
} as const;
export type Side = keyof typeof workloads;

/** An authority as the embedded cluster has it. */
export function benchAuthority(dir: string): Promise<Authority> {
  return openAuthority({ dir: path.join(dir, 'pki'), clock: Date, trustDomain });
}

export const identityOf = (side: Side): string => spiffeId(trustDomain, workloads[side]);

export interface IdentityFiles {
  readonly certificate: string;
  readonly key: string;
  /** Certificate and key in one file, as HAProxy takes them. */
  readonly both: string;
  readonly trust: string;
}

/** Writes the certificate, key and trust of one side as files. */
export async function writeIdentity(dir: string, side: Side, authority: Authority): Promise<IdentityFiles> {
  const { certificatePem, keyPem } = await authority.identity(workloads[side]);
  const write = (name: string, text: string) => {
    const file = path.join(dir, `${side}-${name}`);
    writeFileSync(file, text, { mode: 0o600 });
    return file;
  };
  return {
    certificate: write('cert.pem', certificatePem),
    key: write('key.pem', keyPem),
    both: write('both.pem', `${certificatePem.trimEnd()}\n${keyPem}`),
    trust: write('trust.pem', authority.identityBundlePem),
  };
}
