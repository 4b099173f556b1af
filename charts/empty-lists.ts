/** Paths of empty lists, which an API server drops: an object that has one looks changed at each look. */
export function emptyLists(value: unknown, path = ''): string[] {
  if (Array.isArray(value)) {
    return value.length === 0 ? [path] : value.flatMap((each, index) => emptyLists(each, `${path}[${index}]`));
  }
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, each]) => emptyLists(each, path ? `${path}.${name}` : name));
}
