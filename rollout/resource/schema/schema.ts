/**
 * A structural schema, as far as this resource needs one
 * (https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#specifying-a-structural-schema).
 */
export interface Schema {
  readonly type: 'object' | 'array' | 'string' | 'integer' | 'number' | 'boolean';
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly enum?: readonly string[];
  readonly pattern?: string;
  readonly example?: string;
  readonly format?: 'date-time';
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly 'x-kubernetes-list-type'?: 'map' | 'atomic';
  readonly 'x-kubernetes-list-map-keys'?: readonly string[];
  readonly 'x-kubernetes-preserve-unknown-fields'?: true;
  readonly 'x-kubernetes-validations'?: readonly SchemaRule[];
}

export interface SchemaRule {
  readonly rule: string;
  readonly message: string;
  readonly fieldPath?: string;
}

/** An object; names that end in `!` are required. */
export function object(description: string, members: Readonly<Record<string, Schema>>): Schema {
  const required = Object.keys(members).filter((name) => name.endsWith('!'));
  const named = Object.entries(members).map(([name, schema]) => [name.replace(/!$/, ''), schema] as const);
  return {
    type: 'object',
    description,
    ...(required.length > 0 ? { required: required.map((name) => name.slice(0, -1)) } : {}),
    properties: Object.fromEntries(named),
  };
}

/** A list in which order counts. Its bound keeps the cost of rules below the limit of API servers. */
export const list = (description: string, items: Schema, maxItems: number, minItems = 0): Schema => ({
  type: 'array',
  description,
  ...(minItems > 0 ? { minItems } : {}),
  maxItems,
  items,
  'x-kubernetes-list-type': 'atomic',
});

/** A list whose items are told apart by one field, which no two of them share. */
export const listBy = (key: string, description: string, items: Schema, maxItems: number, minItems = 0): Schema => ({
  ...list(description, items, maxItems, minItems),
  'x-kubernetes-list-type': 'map',
  'x-kubernetes-list-map-keys': [key],
});

export const text = (description: string, maxLength: number, more: Partial<Schema> = {}): Schema => ({
  type: 'string',
  description,
  maxLength,
  ...more,
});

export const oneOf = (description: string, values: readonly string[]): Schema => ({
  type: 'string',
  description,
  enum: values,
});

export const integer = (description: string, minimum: number, maximum?: number): Schema => ({
  type: 'integer',
  description,
  minimum,
  ...(maximum === undefined ? {} : { maximum }),
});

export const number = (description: string): Schema => ({ type: 'number', description });
export const boolean = (description: string): Schema => ({ type: 'boolean', description });
