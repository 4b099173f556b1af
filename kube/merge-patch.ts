import { isDeepStrictEqual } from 'node:util';

type Json = Readonly<Record<string, unknown>>;

/** The merge patch (RFC 7396) that makes `after` of `before`: members that go are null, lists are written whole. */
export function mergePatch(before: Json, after: Json): Record<string, unknown> {
  const patch: Record<string, unknown> = {};
  for (const name of Object.keys(before)) if (after[name] === undefined) patch[name] = null;
  for (const [name, value] of Object.entries(after)) {
    const old = before[name];
    if (value === undefined || isDeepStrictEqual(old, value)) continue;
    patch[name] = isMap(old) && isMap(value) ? mergePatch(old, value) : value;
  }
  return patch;
}

const isMap = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value);
