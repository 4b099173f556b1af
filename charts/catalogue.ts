import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { compareReleases, releasePattern } from '../mesh/release.ts';

const name = z.string().regex(/^[a-z]([-a-z0-9]{0,40}[a-z0-9])?$/, 'is no name such as `accounts`');
const contractVersion = z.string().regex(/^v\d+$/, 'is no contract version such as `v1`');
const release = z.strictObject({
  /** Contract versions that the release serves, for example `v1`. */
  contracts: z.array(contractVersion).min(1, 'names no contract'),
  /** A rehearsal: the one way in which the release is wrong. */
  wrong: z.string().min(1).optional(),
});
const call = z.strictObject({
  name,
  /** A call of this contract is made to releases that serve it. */
  contract: contractVersion,
  /** As the edge leads to it; of a gRPC service the method, `/package.Service/Method`. */
  path: z.string().regex(/^\/[\x21-\x7e]*$/, 'is no path such as `/v1/accounts`'),
  /** Sent as JSON by POST; without it the call is a GET. */
  body: z.json().optional(),
  expect: z.strictObject({
    status: z.int().min(0).max(599).optional(),
    json: z
      .array(
        z.strictObject({
          pointer: z.string().regex(/^(\/([^~/]|~[01])*)*$/, 'is no JSON pointer such as `/accounts/0/id`'),
          type: z.enum(['string', 'number', 'boolean', 'array', 'object', 'absent']).optional(),
          value: z.string().optional(),
        }),
      )
      .min(1)
      .optional(),
  }),
});
const schema = z.strictObject({
  name,
  protocol: z.enum(['http', 'grpc', 'tcp']),
  port: z.int().min(1).max(65_535),
  /** The release that runs when nobody chose another. */
  default: z.string(),
  /** Services that it calls. */
  providers: z.array(name),
  /** Name of its database on `postgres`, if it has one. */
  database: name.optional(),
  /** Secret that its environment is taken from (charts/secrets.ts). */
  secret: name.optional(),
  /** What a rollout asks a release for, and what a good answer has (rollout/calls/calls-of.ts). */
  calls: z.array(call).min(1).optional(),
  releases: z.record(z.string().regex(releasePattern, 'is no version such as 1.4.0 or 2.1.0-errors'), release),
});

/** What services/<name>/service.json says (docs/architecture.md, A release is data plus one entry file). */
export type CatalogueService = Readonly<z.infer<typeof schema>>;

/** All services, ordered by name. */
export type Catalogue = readonly CatalogueService[];

/** A file of the catalogue as it was read. */
export interface CatalogueFile {
  /** For messages; its folder is the name of the service. */
  readonly path: string;
  readonly folder: string;
  readonly text: string;
}

/** The catalogue contradicts itself or cannot be read; lists everything that is wrong. */
export class CatalogueError extends Error {
  readonly code = 'CatalogueInvalid';
  readonly hint = 'correct the files named above, then run the command again';
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(`the service catalogue is invalid:\n${problems.map((problem) => `  ${problem}`).join('\n')}`);
    this.name = 'CatalogueError';
    this.problems = problems;
  }
}

/** Reads `<folder>/<name>/service.json`; folders without one are no services. Throws {@link CatalogueError}. */
export function readCatalogue(folder: string): Catalogue {
  const files = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .flatMap((entry): CatalogueFile[] => {
      const path = join(folder, entry.name, 'service.json');
      const text = readIfThere(path);
      return text === undefined ? [] : [{ path, folder: entry.name, text }];
    });
  return parseCatalogue(files);
}

/** The pure part of {@link readCatalogue}. Throws {@link CatalogueError} with everything that is wrong in all files. */
export function parseCatalogue(files: readonly CatalogueFile[]): Catalogue {
  const problems: string[] = [];
  const services: CatalogueService[] = [];
  if (files.length === 0) problems.push('there is no services/<name>/service.json');
  for (const file of files) {
    const service = parseFile(file, problems);
    if (service) services.push(service);
  }
  const known = files.map(({ folder }) => folder);
  for (const service of services) problems.push(...crossChecks(service, known), ...sharedDatabase(service, services));
  if (problems.length > 0) throw new CatalogueError(problems);
  return services.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Versions of a service, oldest first. */
export function releasesOf(service: CatalogueService): string[] {
  return Object.keys(service.releases).sort(compareReleases);
}

function parseFile({ path, folder, text }: CatalogueFile, problems: string[]): CatalogueService | undefined {
  const result = schema.safeParse(parseJson(text));
  if (!result.success) {
    problems.push(
      ...result.error.issues.map((issue) => `${path}: ${issue.path.join('.') || 'file'}: ${issue.message}`),
    );
    return undefined;
  }
  if (result.data.name !== folder)
    problems.push(`${path}: name: \`${result.data.name}\` is not its folder \`${folder}\``);
  return result.data;
}

function crossChecks(service: CatalogueService, known: readonly string[]): string[] {
  const at = `services/${service.name}/service.json`;
  const problems: string[] = [];
  if (!(service.default in service.releases)) {
    problems.push(`${at}: default: \`${service.default}\` is no release; known: ${releasesOf(service).join(', ')}`);
  }
  for (const provider of service.providers) {
    if (!known.includes(provider))
      problems.push(`${at}: providers: \`${provider}\` is no service; known: ${known.join(', ')}`);
    if (provider === service.name) problems.push(`${at}: providers: a service does not call itself`);
  }
  return [...problems, ...callProblems(service, at)];
}

/** A call that no release serves would never be made; two of one name could not be told apart. */
function callProblems({ calls = [], releases }: CatalogueService, at: string): string[] {
  const served = new Set(Object.values(releases).flatMap(({ contracts }) => contracts));
  return calls.flatMap(({ name: own, contract, expect }, index) => {
    const problems: string[] = [];
    if (!served.has(contract)) problems.push(`no release serves contract \`${contract}\``);
    if (calls.findIndex((each) => each.name === own) !== index) problems.push('another call has this name');
    if (expect.status === undefined && expect.json === undefined) problems.push('expects nothing of the answer');
    return problems.map((problem) => `${at}: calls: \`${own}\`: ${problem}`);
  });
}

/** A database has one owner. */
function sharedDatabase({ name: own, database }: CatalogueService, services: readonly CatalogueService[]): string[] {
  const other = services.find((each) => each.name !== own && each.database === database);
  if (database === undefined || !other) return [];
  return [
    `services/${own}/service.json: database: \`${database}\` is that of ${other.name} too; give it one of its own`,
  ];
}

/** Text that is no JSON becomes a string, which the schema refuses with the path of the file. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return error.message;
    throw error;
  }
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
