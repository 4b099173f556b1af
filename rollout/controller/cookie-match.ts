import type { NamedValue } from '../core/traffic.ts';

/** Orders of more cookies than this would not fit into one expression: a Gateway takes 4096 characters. */
export const mostCookies = 4;

const quote = (text: string) => text.replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&');

/**
 * The value of a `cookie` header with all of these, in any order, as a regular expression of the whole value: the Gateway API has no
 * match of its own for cookies, and takes one match for each header name.
 */
export function cookieExpression(cookies: readonly NamedValue[]): string {
  const pairs = cookies.map(({ name, value }) => `${quote(name)}=${quote(value)}`);
  return orders(pairs)
    .map((order) => `(.*; *)?${order.join('(; *.*)?; *')}(;.*)?`)
    .join('|');
}

function orders(items: readonly string[]): string[][] {
  if (items.length <= 1) return [[...items]];
  return items.flatMap((first, index) => orders(items.filter((_, i) => i !== index)).map((rest) => [first, ...rest]));
}
