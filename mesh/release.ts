/** Version of a release: semantic version, no build part (https://semver.org/#spec-item-9). A rehearsal is a pre-release. */
export const releasePattern = /^\d+\.\d+\.\d+(-[0-9a-z]+([.-][0-9a-z]+)*)?$/;

/** Name of the Deployment and the Service of a release: `accounts` and `2.1.0-errors` give `accounts-2-1-0-errors`. */
export function releaseName(service: string, version: string): string {
  return `${service}-${version.replaceAll('.', '-')}`;
}

/** Annotation of a release's Deployment: the contract versions that it serves, `v1,v2`. */
export const contractsAnnotation = 'parley.dev/contracts';

/** Orders versions as semantic versioning does: numbers by value, a pre-release before its release. */
export function compareReleases(a: string, b: string): number {
  const left = parts(a);
  const right = parts(b);
  for (let i = 0; i < 3; i++) {
    const difference = (left.numbers[i] ?? 0) - (right.numbers[i] ?? 0);
    if (difference !== 0) return difference;
  }
  if (left.pre === right.pre) return 0;
  if (left.pre === '') return 1;
  if (right.pre === '') return -1;
  return left.pre < right.pre ? -1 : 1;
}

function parts(version: string): { numbers: number[]; pre: string } {
  const dash = version.indexOf('-');
  const core = dash < 0 ? version : version.slice(0, dash);
  return { numbers: core.split('.').map(Number), pre: dash < 0 ? '' : version.slice(dash + 1) };
}
