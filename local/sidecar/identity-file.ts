import { validity } from '../../pki/certificate.ts';
import type { Clock } from '../clock.ts';
import type { Authority } from '../pki/authority.ts';
import { type ConfigFile, configFile, readConfig, writeConfig } from './config-files.ts';
import type { MeshPod } from './mesh-pod.ts';
import { files } from './resource.ts';
import { certificateSecret } from './tls.ts';

const retryMs = 10_000;

export interface IdentityFile {
  /** Writes a new certificate and plans the next one. */
  renew(): Promise<void>;
  /** Goes on with the certificate that an earlier daemon wrote; false when there is none. */
  resume(): boolean;
  stop(): void;
}

/**
 * The certificate of one Pod, in the file from which its Envoy has it. It is replaced at half of its life, so that many
 * attempts are left when one fails; a rename swaps certificate and key at once, and open connections go on.
 */
export function identityFile(options: {
  readonly pod: MeshPod;
  readonly podDir: string;
  readonly authority: Authority;
  readonly clock: Clock;
  /** Resolves when Envoy shows the version; rejects when it does not. */
  readonly confirm: (file: ConfigFile) => Promise<void>;
  readonly onFailure: (message: string) => void;
}): IdentityFile {
  const { pod, podDir, authority, clock } = options;
  let cancel: () => void = () => undefined;
  let stopped = false;

  const plan = (pem: string) => {
    const { notBeforeMs, notAfterMs } = validity(pem);
    cancel();
    cancel = clock.after(Math.max((notBeforeMs + notAfterMs) / 2 - clock.now(), 0), () => void rotate());
  };
  const write = async () => {
    const issued = await authority.identity(pod);
    const file = configFile(files.certificate, [certificateSecret('cert', issued)]);
    writeConfig(podDir, file);
    plan(issued.certificatePem);
    return file;
  };
  const rotate = async () => {
    try {
      const file = await write();
      if (!stopped) await options.confirm(file);
    } catch (error) {
      if (stopped) return;
      options.onFailure(`new certificate of ${pod.name}: ${(error as Error).message}; next attempt in 10 s`);
      cancel = clock.after(retryMs, () => void rotate());
    } finally {
      if (stopped) cancel();
    }
  };
  return {
    async renew() {
      await write();
    },
    resume() {
      const text = JSON.stringify(readConfig(podDir, files.certificate)?.resources ?? '').replaceAll('\\n', '\n');
      const pem = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/.exec(text)?.[0];
      if (pem) plan(pem);
      return pem !== undefined;
    },
    stop() {
      stopped = true;
      cancel();
    },
  };
}
