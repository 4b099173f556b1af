import { renameSync, writeFileSync } from 'node:fs';
import type { KeyPair } from '../../pki/certificate.ts';

export interface Access {
  /** `https://127.70.0.1:6443` */
  readonly server: string;
  readonly authorityPem: string;
  readonly user: KeyPair;
}

/** Writes a kubeconfig with everything in it, mode 0600, in one step. JSON is YAML, so kubectl reads it. */
export function writeKubeconfig(file: string, access: Access): void {
  writeFileSync(`${file}.new`, `${JSON.stringify(kubeconfig(access), undefined, 2)}\n`, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

/** https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/ */
export function kubeconfig({ server, authorityPem, user }: Access) {
  const name = 'parley';
  const base64 = (text: string) => Buffer.from(text).toString('base64');
  return {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name, cluster: { server, 'certificate-authority-data': base64(authorityPem) } }],
    users: [
      {
        name: 'admin',
        user: {
          'client-certificate-data': base64(user.certificatePem),
          'client-key-data': base64(user.keyPem),
        },
      },
    ],
    contexts: [{ name, context: { cluster: name, user: 'admin', namespace: 'exchange' } }],
    'current-context': name,
  };
}
