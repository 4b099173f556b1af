import type { SecretContract } from '../charts/secrets.ts';

/** Made once in the namespace of observability, never rendered. */
export const grafanaSecret = {
  name: 'grafana',
  type: 'Opaque',
  keys: { 'admin-password': 'password of the user `admin` of Grafana' },
} as const satisfies SecretContract;

/** Secrets that the parts expect to find. */
export const observabilitySecrets: readonly SecretContract[] = [grafanaSecret];
