import { Environment } from '@marcbachmann/cel-js';

type Ordered = bigint | number | string | boolean | Date;

const isSorted = (list: readonly Ordered[]): boolean =>
  list.every((item, index) => index === 0 || (list[index - 1] ?? item) <= item);

/** The extreme of a list; CEL's own error where there is none, which fails the rule. */
function extreme(list: readonly Ordered[], name: string, better: (a: Ordered, b: Ordered) => boolean): Ordered {
  const [first, ...rest] = list;
  if (first === undefined) throw new Error(`${name} called on empty list`);
  return rest.reduce((best, item) => (better(item, best) ? item : best), first);
}

/** https://kubernetes.io/docs/reference/using-api/cel/#kubernetes-list-library; `indexOf` and `lastIndexOf` of lists as well. */
function addLists(environment: Environment): void {
  for (const type of ['int', 'double', 'string', 'bool', 'google.protobuf.Timestamp', 'google.protobuf.Duration']) {
    environment
      .registerFunction(`list<${type}>.isSorted(): bool`, isSorted)
      .registerFunction(`list<${type}>.min(): ${type}`, (list) => extreme(list, 'min', (a, b) => a < b))
      .registerFunction(`list<${type}>.max(): ${type}`, (list) => extreme(list, 'max', (a, b) => a > b));
  }
  for (const type of ['int', 'double', 'string', 'bool']) {
    environment
      .registerFunction(`list<${type}>.indexOf(${type}): int`, (list, item) => BigInt(list.indexOf(item)))
      .registerFunction(`list<${type}>.lastIndexOf(${type}): int`, (list, item) => BigInt(list.lastIndexOf(item)));
  }
  environment
    .registerFunction('list<int>.sum(): int', (list: readonly bigint[]) => list.reduce((sum, item) => sum + item, 0n))
    .registerFunction('list<double>.sum(): double', (list: readonly number[]) =>
      list.reduce((sum, item) => sum + item, 0),
    );
}

/** What the language's own library of strings has in API servers and the evaluator lacks: https://pkg.go.dev/github.com/google/cel-go/ext#Strings */
function addStrings(environment: Environment): void {
  const known = new Set(environment.getDefinitions().functions.map(({ signature }) => signature));
  const add = (signature: string, handler: (...args: never[]) => unknown) => {
    if (!known.has(signature)) environment.registerFunction(signature, handler);
  };
  add('string.charAt(int): string', (text: string, at: bigint) => text.charAt(Number(at)));
  add('string.lowerAscii(): string', (text: string) => text.replace(/[A-Z]/g, (letter) => letter.toLowerCase()));
  add('string.upperAscii(): string', (text: string) => text.replace(/[a-z]/g, (letter) => letter.toUpperCase()));
  add('string.trim(): string', (text: string) => text.trim());
  add('string.replace(string, string): string', (text: string, from: string, to: string) =>
    text.replaceAll(from, () => to),
  );
  add('string.split(string): list<string>', (text: string, by: string) => text.split(by));
  add('string.find(string): string', (text: string, pattern: string) => new RegExp(pattern).exec(text)?.[0] ?? '');
  add('string.findAll(string): list<string>', (text: string, pattern: string) =>
    [...text.matchAll(new RegExp(pattern, 'g'))].map(([found]) => found),
  );
}

/** The CEL of API servers as far as the embedded cluster has it; what is missing is named when a rule wants it. */
export function ruleEnvironment(): Environment {
  const environment = new Environment({ enableOptionalTypes: true, unlistedVariablesAreDyn: false });
  addLists(environment);
  addStrings(environment);
  return environment;
}

/** Functions of API servers' further libraries, by library: https://kubernetes.io/docs/reference/using-api/cel/#cel-options-language-features-and-libraries */
const libraries: Readonly<Record<string, readonly string[]>> = {
  quantity: ['quantity', 'isQuantity'],
  url: ['url', 'isURL'],
  ip: ['ip', 'isIP', 'ip.isCanonical'],
  cidr: ['cidr', 'isCIDR'],
  semver: ['semver', 'isSemver'],
  format: ['format.named', 'format.dns1123Label', 'format.dns1123Subdomain'],
  sets: ['sets.contains', 'sets.equivalent', 'sets.intersects'],
  authorizer: ['authorizer'],
};

/** The library of API servers that a rule calls and the embedded cluster does not have. */
export const missingLibrary = (rule: string): string | undefined =>
  Object.entries(libraries).find(([, names]) =>
    names.some((name) => new RegExp(`(^|[^.\\w])${name.replace('.', '\\.')}\\s*[(.]`).test(rule)),
  )?.[0];
