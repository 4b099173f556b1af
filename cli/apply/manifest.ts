import { parseAllDocuments } from 'yaml';
import type { ObjectName } from '../cluster.ts';
import { Failure } from '../failure.ts';

/** An object as it was read: what else it holds is not looked at. */
export type Manifest = ObjectName & Readonly<Record<string, unknown>>;

/** Objects of YAML or JSON text; a List counts as its items. Throws one failure that lists everything that is wrong. */
export function parseManifest(text: string, source: string): Manifest[] {
  const problems: string[] = [];
  const documents = parseAllDocuments(text);
  const values = ('empty' in documents ? [] : documents).flatMap((document, index): unknown[] => {
    problems.push(...document.errors.map((error) => `document ${index + 1}: ${error.message}`));
    const value: unknown = document.errors.length > 0 ? undefined : document.toJS();
    if (isRecord(value) && value.kind === 'List' && Array.isArray(value.items)) return value.items;
    return value === null || value === undefined ? [] : [value];
  });
  const objects = values.flatMap((value, index) => {
    if (isManifest(value)) return [value];
    problems.push(`object ${index + 1}: apiVersion, kind and metadata.name must be there`);
    return [];
  });
  if (problems.length === 0 && objects.length === 0) problems.push('there are no objects in it');
  if (problems.length > 0) {
    throw new Failure(
      'BadManifest',
      `${source} cannot be applied:\n${problems.map((each) => `  ${each}`).join('\n')}`,
      {
        hint: 'Type: parley render   (it shows objects that are right)',
      },
    );
  }
  return objects;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isManifest(value: unknown): value is Manifest {
  if (!isRecord(value) || typeof value.apiVersion !== 'string' || typeof value.kind !== 'string') return false;
  return isRecord(value.metadata) && typeof value.metadata.name === 'string';
}
