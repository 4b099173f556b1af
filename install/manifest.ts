import { parseAllDocuments } from 'yaml';
import { InstallError } from './install-error.ts';
import type { ObjectRef } from './site.ts';

/** The objects of a YAML text of others (a release, the output of a program). Throws InstallError `BadManifest` that names the source. */
export function objectsOf(text: string, source: string): ObjectRef[] {
  const documents = parseAllDocuments(text);
  return ('empty' in documents ? [] : documents).flatMap((document) => {
    const [error] = document.errors;
    const value: unknown = error ? undefined : document.toJS();
    if (error || (value !== null && !isObject(value))) {
      const why = error?.message ?? 'it holds what is no object of Kubernetes';
      throw new InstallError('BadManifest', `${source} cannot be applied: ${why}`, {
        cause: error,
        hint: `Type: kubectl apply --dry-run=client -f ${source}`,
      });
    }
    return value === null ? [] : [value];
  });
}

function isObject(value: unknown): value is ObjectRef {
  if (typeof value !== 'object' || value === null || !('apiVersion' in value && 'kind' in value)) return false;
  const { metadata } = value as { metadata?: { name?: unknown } };
  return typeof metadata?.name === 'string';
}
