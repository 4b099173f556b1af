import { createHash } from 'node:crypto';
import type { Catalogue } from '../../charts/catalogue.ts';
import { versions } from '../../mesh/versions.ts';
import { fullName, releaseOf } from './image-name.ts';

/** Images that those of the releases are built from. */
export interface BaseImages {
  /** Has `/usr/local/bin/node`. */
  readonly node: string;
  /** Has the libraries that node is linked with. */
  readonly base: string;
}

/** The pinned base images, or those of PARLEY_NODE_IMAGE and PARLEY_BASE_IMAGE; an empty variable counts as absent. */
export function baseImages(env: Readonly<Record<string, string | undefined>>): BaseImages {
  return {
    node: env.PARLEY_NODE_IMAGE || versions.images.node.image,
    base: env.PARLEY_BASE_IMAGE || versions.images.base.image,
  };
}

export type Labels = Readonly<Record<string, string>>;

/** Everything that an image is made of. */
export interface ImageContent {
  /** Hash of each file that the Dockerfile copies or that says how, by name. */
  readonly files: Readonly<Record<string, string>>;
  readonly bases: BaseImages;
  readonly labels: Labels;
}

/** What is built for one release. */
export interface ReleaseImage {
  /** As charts call it: `parley/accounts:1.4.0`. */
  readonly name: string;
  /** As clusters call it: `parley/accounts:1.4.0-3f9a2c41b7d0`, after the registry's prefix if there is one. */
  readonly tag: string;
  /** The build context. */
  readonly folder: string;
  readonly bases: BaseImages;
  readonly labels: Labels;
}

/** Label by which images of releases are found again; its value is the service. */
const serviceLabel = 'dev.parley.service';

/**
 * Labels of a release's image, https://github.com/opencontainers/image-spec/blob/main/annotations.md. There is neither a date nor a
 * revision among them: the same content is the same image, whenever and from whatever commit it is built.
 */
export function labelsOf(name: string, catalogue: Catalogue, bases: BaseImages, licenses: string): Labels {
  const { service, version } = releaseOf(name);
  const found = catalogue.find((each) => each.name === service);
  const release = found?.releases[version];
  if (!found || !release) throw new RangeError(`${name}: services/${service}/service.json has no release ${version}`);
  const description = release.wrong
    ? `rehearsal release of ${service}: ${release.wrong}`
    : `${service}, ${found.protocol}, contracts ${release.contracts.join(', ')}`;
  return labelsOfProgram({ name: service, version, description }, bases, licenses);
}

/** Labels of the image of a program of the kit's own, in the same manner. */
export function labelsOfProgram(
  { name, version, description }: { readonly name: string; readonly version: string; readonly description: string },
  bases: BaseImages,
  licenses: string,
): Labels {
  return {
    'org.opencontainers.image.title': `parley/${name}`,
    'org.opencontainers.image.version': version,
    'org.opencontainers.image.description': description,
    'org.opencontainers.image.licenses': licenses,
    'org.opencontainers.image.base.name': fullName(bases.base),
    [serviceLabel]: name,
  };
}

/** 12 hexadecimal digits over everything in the image, so that what is unchanged has the tag that it had. */
export function contentDigest({ files, bases, labels }: ImageContent): string {
  const sorted = (values: Labels) => Object.entries(values).sort(([a], [b]) => (a < b ? -1 : 1));
  const whole = JSON.stringify([sorted(files), bases.node, bases.base, sorted(labels)]);
  return createHash('sha256').update(whole).digest('hex').slice(0, 12);
}

/** `parley/accounts:1.4.0`, digest and `registry.example/team` make `registry.example/team/parley/accounts:1.4.0-<digest>`. */
export function tagOf(name: string, digest: string, registry?: string): string {
  return `${registry ? `${registry.replace(/\/+$/, '')}/` : ''}${name}-${digest}`;
}
