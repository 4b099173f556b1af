import { type ASTVisitor, type FieldNode, Kind, type SelectionSetNode, type ValidationContext } from 'graphql';
import { createGraphQLError } from 'graphql-yoga';

/** Limits of one operation. Cost: one per field, times the length asked for below a list. */
export const operationLimits = {
  depth: 8,
  aliases: 15,
  cost: 1_000,
  tokens: 1_000,
  listDefault: 10,
  listMost: 100,
} as const;

interface Measure {
  aliases: number;
  cost: number;
  deepest: number;
}

/** A validation rule that refuses operations that are too deep, cost too much, or ask for the same thing under too many names. */
export function withinLimits(context: ValidationContext): ASTVisitor {
  return {
    OperationDefinition: (operation) => {
      const measure: Measure = { aliases: 0, cost: 0, deepest: 0 };
      walk(operation.selectionSet, { depth: 1, times: 1, within: new Set() }, measure, context);
      const { depth, aliases, cost } = operationLimits;
      const refuse = (what: string, seen: number, most: number) =>
        context.reportError(
          createGraphQLError(`the operation is too large: ${what} ${seen}, at most ${most}`, {
            nodes: operation,
            extensions: { code: 'OPERATION_TOO_LARGE' },
          }),
        );
      if (measure.deepest > depth) refuse('depth', measure.deepest, depth);
      if (measure.aliases > aliases) refuse('aliases', measure.aliases, aliases);
      if (measure.cost > cost) refuse('cost', measure.cost, cost);
    },
  };
}

interface Place {
  readonly depth: number;
  readonly times: number;
  /** Names of the fragments around, so that a cycle ends. */
  readonly within: ReadonlySet<string>;
}

function walk(selections: SelectionSetNode, place: Place, measure: Measure, context: ValidationContext): void {
  for (const selection of selections.selections) {
    // What is over the limit already is not walked to its end: fragments can double at each step.
    if (measure.cost > operationLimits.cost) return;
    if (selection.kind === Kind.INLINE_FRAGMENT) walk(selection.selectionSet, place, measure, context);
    else if (selection.kind === Kind.FRAGMENT_SPREAD) {
      const name = selection.name.value;
      const fragment = context.getFragment(name);
      measure.cost += 1;
      if (fragment && !place.within.has(name))
        walk(fragment.selectionSet, { ...place, within: new Set([...place.within, name]) }, measure, context);
    } else if (!selection.name.value.startsWith('__')) measureField(selection, place, measure, context);
  }
}

function measureField(field: FieldNode, place: Place, measure: Measure, context: ValidationContext): void {
  measure.cost += place.times;
  measure.deepest = Math.max(measure.deepest, place.depth);
  if (field.alias) measure.aliases += 1;
  if (!field.selectionSet) return;
  walk(
    field.selectionSet,
    { ...place, depth: place.depth + 1, times: place.times * lengthOf(field) },
    measure,
    context,
  );
}

/** How many things a field may answer with; a variable counts as the most. */
function lengthOf(field: FieldNode): number {
  if (field.name.value === 'accounts') return 3;
  if (field.name.value !== 'orders') return 1;
  const last = field.arguments?.find((argument) => argument.name.value === 'last')?.value;
  if (!last) return operationLimits.listDefault;
  if (last.kind !== Kind.INT) return operationLimits.listMost;
  return Math.min(Math.max(Number(last.value), 1), operationLimits.listMost);
}
