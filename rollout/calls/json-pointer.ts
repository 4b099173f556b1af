/** `/accounts/0/balance`, with `~0` for `~` and `~1` for `/` (RFC 6901, section 3). The empty pointer is the whole document. */
const shape = /^(\/([^~/]|~[01])*)*$/;

/** Array indices have no leading zeros (RFC 6901, section 4). */
const index = /^(0|[1-9]\d*)$/;

export function isJsonPointer(text: string): boolean {
  return shape.test(text);
}

/** What is there in a JSON document; undefined: nothing, also where the path leads through a value that has no members. */
export function lookUp(document: unknown, pointer: string): unknown {
  let value = document;
  for (const token of pointer.split('/').slice(1)) {
    const name = token.replaceAll('~1', '/').replaceAll('~0', '~');
    value = memberOf(value, name);
    if (value === undefined) return undefined;
  }
  return value;
}

function memberOf(value: unknown, name: string): unknown {
  if (Array.isArray(value)) return index.test(name) ? value[Number(name)] : undefined;
  if (typeof value !== 'object' || value === null) return undefined;
  return Object.getOwnPropertyDescriptor(value, name)?.value;
}
