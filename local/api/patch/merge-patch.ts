import { isObject } from '../../store/json.ts';

/** JSON Merge Patch, RFC 7386 (https://www.rfc-editor.org/rfc/rfc7386#section-2). */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch;
  const result: Record<string, unknown> = isObject(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else result[key] = mergePatch(result[key], value);
  }
  return result;
}
