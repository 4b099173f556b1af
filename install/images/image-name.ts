/**
 * An image's name in full, as containerd lists it: `postgres:18` is `docker.io/library/postgres:18`. Without a tag it is `latest`.
 * https://pkg.go.dev/github.com/distribution/reference#ParseNormalizedNamed
 */
export function fullName(name: string): string {
  const [first = '', ...rest] = name.split('/');
  const hasHost = rest.length > 0 && (/[.:]/.test(first) || first === 'localhost');
  const path = hasHost ? name : `docker.io/${rest.length > 0 ? '' : 'library/'}${name}`;
  return /[:@]/.test(path.slice(path.lastIndexOf('/'))) ? path : `${path}:latest`;
}

/** Whether a name is fixed by a digest, which only a registry can serve. */
export function isFixedByDigest(name: string): boolean {
  return name.includes('@');
}

/** `parley/accounts:1.4.0` in its parts. Throws RangeError when it is no name of a release. */
export function releaseOf(name: string): { readonly service: string; readonly version: string } {
  const match = /^parley\/([^/:]+):([^/:]+)$/.exec(name);
  if (!match?.[1] || !match[2]) throw new RangeError(`${name} is no image of a release such as parley/accounts:1.4.0`);
  return { service: match[1], version: match[2] };
}

/** Whether an image is one of our releases, which no registry but one's own has. */
export function isRelease(name: string): boolean {
  return /(^|\/)parley\/[^/]+$/.test(name);
}
