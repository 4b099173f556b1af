import { compareReleases } from '../mesh/release.ts';
import { type Catalogue, type CatalogueService, releasesOf } from './catalogue.ts';

/** What the user chose: for each service the releases that run, and their weights. Weight 0 runs without traffic. */
export type Plan = Readonly<Record<string, Readonly<Record<string, number>>>>;

/** The plan cannot be carried out; lists everything that is wrong. */
export class PlanError extends Error {
  readonly code = 'PlanInvalid';
  readonly hint: string;
  readonly problems: readonly string[];

  constructor(problems: readonly string[], hint = 'type `parley status` to see what runs') {
    super(
      problems.length === 1
        ? `${problems[0]}`
        : `the plan is invalid:\n${problems.map((each) => `  ${each}`).join('\n')}`,
    );
    this.name = 'PlanError';
    this.problems = problems;
    this.hint = hint;
  }
}

/** Every service with its default release, which takes all the traffic. */
export function defaultPlan(catalogue: Catalogue): Plan {
  return Object.fromEntries(catalogue.map((service) => [service.name, { [service.default]: 100 }]));
}

/** Everything that is wrong with a plan; empty when it can be rendered. */
export function validatePlan(plan: Plan, catalogue: Catalogue): string[] {
  const problems = Object.entries(plan).flatMap(([name, weights]) => {
    const service = catalogue.find((each) => each.name === name);
    return service ? serviceProblems(service, weights) : [unknownService(name, catalogue)];
  });
  for (const { name } of catalogue) if (!(name in plan)) problems.push(`${name}: is not in the plan`);
  return problems;
}

/** Throws {@link PlanError} unless the plan can be rendered. */
export function assertPlan(plan: Plan, catalogue: Catalogue): void {
  const problems = validatePlan(plan, catalogue);
  if (problems.length > 0) throw new PlanError(problems);
}

/**
 * Puts a release beside those that run, with weight 0; a release that runs already keeps its weight.
 * Throws {@link PlanError} when the service or the release is not in the catalogue.
 */
export function addRelease(plan: Plan, catalogue: Catalogue, name: string, version: string): Plan {
  const service = serviceOf(catalogue, name);
  if (!(version in service.releases)) throw new PlanError([unknownRelease(service, version)]);
  return { ...plan, [name]: sorted({ [version]: 0, ...plan[name] }) };
}

/**
 * Takes a release away. Throws {@link PlanError} when it does not run, or still has weight: its requests would have nowhere
 * to go.
 */
export function removeRelease(plan: Plan, name: string, version: string): Plan {
  const { [version]: weight, ...rest } = plan[name] ?? {};
  if (weight === undefined) throw new PlanError([`${name} ${version} does not run`]);
  if (weight > 0) {
    throw new PlanError(
      [`${name} ${version} has weight ${weight}`],
      `give its weight away first: parley split ${name} ...`,
    );
  }
  return { ...plan, [name]: rest };
}

/**
 * Sets the weights of a service; releases that run and are not named get 0 and keep running.
 * Throws {@link PlanError} with everything that is wrong, such as a release that does not run.
 */
export function setWeights(
  plan: Plan,
  catalogue: Catalogue,
  name: string,
  weights: Readonly<Record<string, number>>,
): Plan {
  const service = serviceOf(catalogue, name);
  const running = plan[name] ?? {};
  const missing = Object.keys(weights).filter((version) => !(version in running));
  if (missing.length > 0) {
    const unknown = missing.filter((version) => !(version in service.releases));
    if (unknown.length > 0) throw new PlanError(unknown.map((version) => unknownRelease(service, version)));
    throw new PlanError(
      missing.map((version) => `${name} ${version} does not run; running: ${Object.keys(running).join(', ')}`),
      `type \`parley release ${name} ${missing[0]}\` first`,
    );
  }
  const stopped = Object.fromEntries(Object.keys(running).map((version) => [version, 0]));
  const next = sorted({ ...stopped, ...weights });
  const problems = serviceProblems(service, next);
  if (problems.length > 0) throw new PlanError(problems, `for example: parley split ${name} ${example(next)}`);
  return { ...plan, [name]: next };
}

function serviceProblems(service: CatalogueService, weights: Readonly<Record<string, number>>): string[] {
  const problems: string[] = [];
  const { name } = service;
  for (const [version, weight] of Object.entries(weights)) {
    if (!(version in service.releases)) problems.push(unknownRelease(service, version));
    if (!Number.isInteger(weight) || weight < 0 || weight > 1_000_000) {
      problems.push(`${name} ${version}: weight ${weight} is no whole number from 0 to 1000000`);
    }
  }
  if (Object.keys(weights).length === 0) problems.push(`${name}: no release runs`);
  else if (Object.values(weights).every((weight) => weight === 0)) {
    problems.push(`${name}: all weights are 0, every request would be refused`);
  }
  return problems;
}

function serviceOf(catalogue: Catalogue, name: string): CatalogueService {
  const service = catalogue.find((each) => each.name === name);
  if (!service) throw new PlanError([unknownService(name, catalogue)]);
  return service;
}

function unknownService(name: string, catalogue: Catalogue): string {
  return `unknown service \`${name}\`; known: ${catalogue.map((each) => each.name).join(', ')}`;
}

function unknownRelease(service: CatalogueService, version: string): string {
  return `${service.name} has no release \`${version}\`; known: ${releasesOf(service).join(', ')}`;
}

function sorted(weights: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(weights).sort(([a], [b]) => compareReleases(a, b)));
}

function example(weights: Readonly<Record<string, number>>): string {
  return Object.keys(weights)
    .map((version, index) => `${version}=${index === 0 ? 100 : 0}`)
    .join(' ');
}
