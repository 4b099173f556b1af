import type { CatalogueService } from '../../charts/catalogue.ts';
import { secretContracts } from '../../charts/secrets.ts';
import type { CallSpec, CallsSpec } from '../resource/rollout.ts';

/**
 * `spec.calls` of a Rollout of a service of the catalogue; undefined: the catalogue names no call that fits. Only calls of contracts that all of
 * these releases serve: the same is asked of both releases, and a stable release that cannot answer would excuse the candidate.
 * @param releases the stable release and the candidate, as service.json names them
 */
export function callsOf(service: CatalogueService, releases: readonly string[]): CallsSpec | undefined {
  const requests = (service.calls ?? [])
    .filter(({ contract }) => releases.every((each) => service.releases[each]?.contracts.includes(contract)))
    .map(({ name, path, body, expect }): CallSpec => {
      const sent = body === undefined ? {} : { method: 'POST' as const, body: JSON.stringify(body) };
      return { name, path, ...sent, expect };
    });
  if (requests.length === 0) return undefined;
  const checksTokens = service.providers.includes('identity');
  return { ...(checksTokens ? { credentials: { secretName: secretContracts.rolloutCalls.name } } : {}), requests };
}
