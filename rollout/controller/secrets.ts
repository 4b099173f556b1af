import { type KubeRest, RestError } from '../../kube/rest.ts';
import type { ReadSecret } from '../calls/credentials.ts';

/** Reads Secrets from the API server. */
export function readSecretBy(rest: KubeRest): ReadSecret {
  return async (namespace, name) => {
    try {
      const path = await rest.pathOf('v1', 'Secret', namespace);
      const { data = {} } = (await rest.send('GET', `${path}/${name}`)) as { readonly data?: Record<string, string> };
      const decoded = Object.entries(data).map(([key, text]) => [key, Buffer.from(text, 'base64').toString()]);
      return Object.fromEntries(decoded);
    } catch (error) {
      if (error instanceof RestError && error.status === 404) return undefined;
      throw error;
    }
  };
}
