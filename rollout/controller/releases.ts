import { releaseName } from '../../mesh/release.ts';
import type { ReleaseFacts } from '../core/observation.ts';
import type { Deployment } from './objects.ts';

/** Where a version can begin in the name of a release's Service: `-2-1-0` and the end, or a pre-release after it. */
const versionStart = /-(?=(\d+)-(\d+)-(\d+)(-|$))/g;

/** Services of which an object of this name can be a release: of `accounts-2-1-0-errors` it is `accounts`. */
export function servicesOf(name: string): string[] {
  return [...name.matchAll(versionStart)].map(({ index }) => name.slice(0, index));
}

const dashed = /^(\d+)-(\d+)-(\d+)(?:-(.+))?$/;

/**
 * The release of a service that has this name, as its Deployment's label `app.kubernetes.io/version` writes it; by the name alone where
 * no label does: then a dot within a pre-release is read as the dash that it became. Undefined: it is no release of that service.
 */
export function releaseNamed(service: string, name: string, label?: string): string | undefined {
  if (label !== undefined && releaseName(service, label) === name) return label;
  if (!name.startsWith(`${service}-`)) return undefined;
  const [, major, minor, patch, pre] = dashed.exec(name.slice(service.length + 1)) ?? [];
  return major === undefined ? undefined : `${major}.${minor}.${patch}${pre ? `-${pre}` : ''}`;
}

/** Deployments of the releases of a service, by release. */
export function releasesOf(service: string, deployments: Iterable<Deployment>): Map<string, Deployment> {
  const found = new Map<string, Deployment>();
  for (const deployment of deployments) {
    const { name, labels } = deployment.metadata;
    const release = releaseNamed(service, name, labels?.['app.kubernetes.io/version']);
    if (release !== undefined) found.set(release, deployment);
  }
  return found;
}

/** What is known of the Pods of a release. Pods that the Deployment has not counted since it was changed are not ready. */
export function factsOf({ metadata, spec, status }: Deployment): ReleaseFacts {
  const isCounted = (status?.observedGeneration ?? 0) >= (metadata.generation ?? 1);
  return { readyPods: isCounted ? (status?.readyReplicas ?? 0) : 0, wantedPods: spec?.replicas ?? 1 };
}
