/** Client-side apply: which merge patch brings an object from what is live to what is wanted. Pure. */

/** Where the last applied object is kept, as `kubectl apply` does, so that both may apply the same object. */
export const lastAppliedAnnotation = 'kubectl.kubernetes.io/last-applied-configuration';

export type Json = null | boolean | number | string | Json[] | { [field: string]: Json };
export type JsonObject = { [field: string]: Json };

/**
 * The JSON merge patch (RFC 7396) of a three-way apply: fields of `wanted` that differ from `live`, and null for those
 * that were in `lastApplied` and are no longer wanted. Fields that others set stay. Lists are replaced as a whole.
 * Undefined when nothing differs.
 */
export function threeWayPatch(lastApplied: JsonObject, wanted: JsonObject, live: JsonObject): JsonObject | undefined {
  const patch: JsonObject = {};
  for (const [field, want] of Object.entries(wanted)) {
    const have = live[field];
    if (isObject(want) && isObject(have)) {
      const before = lastApplied[field];
      const inner = threeWayPatch(isObject(before) ? before : {}, want, have);
      if (inner) patch[field] = inner;
    } else if (!covers(have, want, lastApplied[field])) {
      patch[field] = want;
    }
  }
  for (const field of Object.keys(lastApplied)) {
    if (!(field in wanted) && field in live) patch[field] = null;
  }
  return Object.keys(patch).length > 0 ? patch : undefined;
}

/**
 * Whether `have` says all that `want` says, and nothing that only `before` said. A server adds defaults inside list items
 * too (protocol of a port, for example); they are no difference.
 */
function covers(have: Json | undefined, want: Json, before: Json | undefined): boolean {
  if (Array.isArray(want)) {
    const last = Array.isArray(before) ? before : [];
    return (
      Array.isArray(have) &&
      have.length === want.length &&
      want.every((item, index) => covers(have[index], item, last[index]))
    );
  }
  if (isObject(want)) {
    const last = isObject(before) ? before : {};
    return (
      isObject(have) &&
      Object.entries(want).every(([field, value]) => covers(have[field], value, last[field])) &&
      !Object.keys(last).some((field) => !(field in want) && field in have)
    );
  }
  return have === want;
}

/** The annotation's text: the object as it was asked for, without the annotation itself. */
export function lastAppliedText(wanted: JsonObject): string {
  return `${JSON.stringify(wanted)}\n`;
}

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
