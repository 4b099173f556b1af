import { buildSchema, type DocumentNode, getVariableValues, Kind, separateOperations, validate } from 'graphql';
import { v1 } from './contract/gen/schemas.ts';

/** An operation as it is executed. */
export interface Operation {
  readonly document: DocumentNode;
  readonly operationName?: string | null;
  readonly variableValues?: Readonly<Record<string, unknown>> | null;
}

/** Says which contract an operation needs. It must be valid in v2. */
export type ContractUse = (operation: Operation) => 'v1' | 'v2';

/** What v1 would answer too is a use of v1; anything that is in v2 only, a field, an argument or an input, makes it a use of v2. */
export function contractUse(): ContractUse {
  const older = buildSchema(v1);
  const seen = new WeakMap<DocumentNode, Map<string, boolean>>();

  /** Documents come from a cache, so that each is looked at once. */
  const isInOlder = (document: DocumentNode, name: string): boolean => {
    const answers = seen.get(document) ?? new Map<string, boolean>();
    seen.set(document, answers);
    const known = answers.get(name);
    if (known !== undefined) return known;
    const alone = separateOperations(document)[name] ?? document;
    const found = validate(older, alone).length === 0;
    answers.set(name, found);
    return found;
  };

  return ({ document, operationName, variableValues }) => {
    const operations = document.definitions.filter((definition) => definition.kind === Kind.OPERATION_DEFINITION);
    const name = operationName ?? operations[0]?.name?.value ?? '';
    if (!isInOlder(document, name)) return 'v2';
    const operation = operations.find((one) => (one.name?.value ?? '') === name);
    const variables = getVariableValues(older, operation?.variableDefinitions ?? [], variableValues ?? {});
    return variables.errors ? 'v2' : 'v1';
  };
}
