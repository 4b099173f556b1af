import { cloneJson, equalJson, isObject } from '../../store/json.ts';
import { badRequest, StatusError } from '../../store/status.ts';

const failed = (detail: string): StatusError =>
  new StatusError(422, 'Invalid', `the server rejected our request due to an error in our request: ${detail}`);

/** JSON Pointer, RFC 6901. */
function tokens(pointer: unknown, what: string): string[] {
  if (typeof pointer !== 'string' || (pointer !== '' && !pointer.startsWith('/')))
    throw badRequest(`json patch: ${what} ${JSON.stringify(pointer)} is no JSON pointer`);
  return pointer
    .split('/')
    .slice(1)
    .map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function indexOf(token: string, length: number, pointer: string): number {
  const index = token === '-' ? length : Number(token);
  if (!/^(0|[1-9]\d*|-)$/.test(token) || index > length) throw failed(`json patch: no element ${pointer}`);
  return index;
}

function child(value: unknown, token: string, pointer: string): unknown {
  if (Array.isArray(value)) {
    const index = indexOf(token, value.length, pointer);
    if (index < value.length) return value[index];
  } else if (isObject(value) && Object.hasOwn(value, token)) return value[token];
  throw failed(`json patch: ${pointer} does not exist`);
}

const read = (root: unknown, path: readonly string[], pointer: string): unknown =>
  path.reduce((value, token) => child(value, token, pointer), root);

/** Changes one place; `root` is replaced when the pointer is empty. */
function write(root: unknown, pointer: unknown, kind: 'add' | 'replace' | 'remove', value?: unknown): unknown {
  const path = tokens(pointer, 'path');
  const last = path.at(-1);
  if (last === undefined) return value;
  const at = String(pointer);
  const parent = read(root, path.slice(0, -1), at);
  if (kind !== 'add') child(parent, last, at);
  if (Array.isArray(parent)) {
    const index = indexOf(last, parent.length, at);
    if (kind === 'remove') parent.splice(index, 1);
    else parent.splice(index, kind === 'add' ? 0 : 1, value);
  } else if (isObject(parent)) {
    if (kind === 'remove') delete parent[last];
    else parent[last] = value;
  } else throw failed(`json patch: ${at} has no parent`);
  return root;
}

function applyOne(root: unknown, operation: Record<string, unknown>): unknown {
  const { op, path, from, value } = operation;
  switch (op) {
    case 'add':
    case 'replace':
      if (!('value' in operation)) throw badRequest(`json patch: ${op} ${path} has no value`);
      return write(root, path, op, cloneJson(value));
    case 'remove':
      return write(root, path, 'remove');
    case 'copy':
      return write(root, path, 'add', cloneJson(read(root, tokens(from, 'from'), String(from))));
    case 'move': {
      const moved = read(root, tokens(from, 'from'), String(from));
      return write(write(root, from, 'remove'), path, 'add', moved);
    }
    case 'test':
      if (equalJson(read(root, tokens(path, 'path'), String(path)), value)) return root;
      throw failed(`json patch: testing value ${path} failed`);
    default:
      throw badRequest(`json patch: unknown op ${JSON.stringify(op)}: use add, remove, replace, move, copy or test`);
  }
}

/** JSON Patch, RFC 6902: all operations or none. 400 for a malformed patch, 422 for one that does not fit. */
export function jsonPatch(target: unknown, patch: unknown): unknown {
  if (!Array.isArray(patch)) throw badRequest('json patch: the body must be a list of operations');
  return patch.reduce<unknown>((root, operation) => {
    if (!isObject(operation)) throw badRequest('json patch: each operation must be an object');
    return applyOne(root, operation);
  }, cloneJson(target));
}
