import { existsSync } from 'node:fs';
import { KubeConfig } from '@kubernetes/client-node';

/** A cluster that cannot be spoken to as it was asked for. */
export class KubeConfigError extends Error {
  readonly code = 'BadKubeconfig';
  readonly hint: string;

  constructor(message: string, hint: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'KubeConfigError';
    this.hint = hint;
  }
}

/**
 * A kubeconfig file; without one the ServiceAccount of the Pod that this runs in
 * (https://kubernetes.io/docs/tasks/run-application/access-api-from-pod/). Throws KubeConfigError.
 */
export function loadKubeConfig(
  file: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
): KubeConfig {
  const config = new KubeConfig();
  if (file === undefined) {
    if (!env.KUBERNETES_SERVICE_HOST) {
      throw new KubeConfigError('this is no Pod of a cluster', 'Say which cluster: --kubeconfig FILE');
    }
    config.loadFromCluster();
    return config;
  }
  if (!existsSync(file)) throw new KubeConfigError(`there is no ${file}`, 'Type: parley up   (or name another file)');
  try {
    config.loadFromFile(file);
  } catch (cause) {
    throw new KubeConfigError(`${file} cannot be read`, `Type: kubectl --kubeconfig ${file} config view`, cause);
  }
  return config;
}
