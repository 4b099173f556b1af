import { fieldPath, type Problem } from './problem.ts';
import type { Rule, RulesAt } from './rule.ts';

interface Found {
  readonly path: readonly PropertyKey[];
  readonly value: unknown;
}

const membersOf = ({ path, value }: Found, key: string): Found[] => {
  if (key === '[]')
    return Array.isArray(value) ? value.map((item, index) => ({ path: [...path, index], value: item })) : [];
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return [];
  const inner: unknown = Reflect.get(value, key);
  return inner === undefined || inner === null ? [] : [{ path: [...path, key], value: inner }];
};

const valuesAt = (object: unknown, path: string): Found[] =>
  (path.match(/\[\]|[^.[\]]+/g) ?? []).reduce<Found[]>(
    (found, key) => found.flatMap((each) => membersOf(each, key)),
    [{ path: [], value: object }],
  );

const isBelow = (field: string, path: string): boolean =>
  path === '' || field === path || field.startsWith(`${path}.`) || field.startsWith(`${path}[`);

/** What is wrong by the rules of a table; a rule is not asked about what has the wrong form. */
export function ruleProblems(object: unknown, table: readonly RulesAt[], form: readonly Problem[]): Problem[] {
  return table.flatMap(({ path, rules }) =>
    valuesAt(object, path).flatMap(({ path: at, value }) => {
      const field = fieldPath(at);
      return rules
        .filter((rule) => isReadable(rule, field, form) && breaks(rule, value))
        .map(({ fieldPath: below = '', message }) => ({ field: `${field}${below}`.replace(/^\./, ''), message }));
    }),
  );
}

/** Whether everything that a rule looks at has the right form. */
function isReadable({ reads = [''] }: Rule<never>, field: string, form: readonly Problem[]): boolean {
  const looked = reads.map((member) => [field, member].filter((part) => part !== '').join('.'));
  return form.every((problem) =>
    looked.every((path) => !isBelow(problem.field, path) && !isBelow(path, problem.field)),
  );
}

/** The values at the path of a rule have the rule's type: their form has been checked. */
const breaks = ({ holds }: Rule<never>, value: unknown): boolean => holds !== undefined && !holds(value as never);
