import { isIP } from 'node:net';
import { Environment, EvaluationError } from '@marcbachmann/cel-js';

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

interface Node {
  readonly op: string;
  readonly args: readonly unknown[];
}

interface Checker {
  check(node: unknown, scope: unknown): unknown;
  getType(name: string): unknown;
  createError(code: string, message: string, node: unknown): Error;
}

interface Evaluator {
  run(node: unknown, scope: unknown): unknown;
}

/**
 * `has` of any field. The evaluator's own takes no field of an item (`has(self[0].name)`) and lets fields pass that no schema has.
 */
const hasField = ({ args: [node] }: { readonly args: readonly Node[] }) => ({
  typeCheck(checker: Checker, _macro: unknown, scope: unknown): unknown {
    if (node?.op !== '.')
      throw checker.createError('invalid_macro_argument', 'has() takes a field: has(self.name)', node);
    checker.check(node, scope);
    return checker.getType('bool');
  },
  evaluate(evaluator: Evaluator, _macro: unknown, scope: unknown): boolean {
    evaluator.run(node?.args[0], scope);
    try {
      evaluator.run(node, scope);
      return true;
    } catch (error) {
      if (error instanceof EvaluationError && error.code === 'no_such_key') return false;
      throw error;
    }
  },
});

const ownHas = 'has_field';

/** A rule as the environment understands it: text in quotes stays as it is. */
export const inOwnWords = (rule: string): string =>
  rule.replace(/'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"|(?<![\w.])has(?=\s*\()/g, (found) =>
    found === 'has' ? ownHas : found,
  );

/** The CEL of API servers as far as the embedded cluster has it; what is missing is named when a rule wants it. */
export function ruleEnvironment(): Environment {
  const environment = new Environment({ enableOptionalTypes: true, unlistedVariablesAreDyn: false });
  addLists(environment);
  addStrings(environment);
  environment
    .registerFunction(`${ownHas}(ast): bool`, hasField)
    .registerFunction('isIP(string): bool', (text: string) => isIP(text) !== 0 && !text.includes('%'));
  return environment;
}

/** Functions of API servers' further libraries, by library: https://kubernetes.io/docs/reference/using-api/cel/#cel-options-language-features-and-libraries */
const libraries: Readonly<Record<string, readonly string[]>> = {
  quantity: ['quantity', 'isQuantity'],
  url: ['url', 'isURL'],
  ip: ['ip', 'ip.isCanonical'],
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
