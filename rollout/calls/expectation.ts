import type { CallSpec } from '../resource/rollout.ts';
import { lookUp } from './json-pointer.ts';

export type Expectation = CallSpec['expect'];
type JsonExpectation = NonNullable<Expectation['json']>[number];

/** What an answer is held against: of gRPC the status code of gRPC, and the message as protobuf's JSON. */
export interface AnswerContent {
  readonly status: number;
  readonly text: string;
}

const shownCharacters = 80;

/**
 * Everything in which an answer differs from what was expected, each named: `/accounts/0/balance: string wanted, absent`. Empty: it is as
 * expected. Without `status` any of 200..299 will do for HTTP, 0 (OK) for gRPC.
 */
export function differencesOf(expect: Expectation, answer: AnswerContent, protocol: 'http' | 'grpc'): string[] {
  const differences = statusDifferences(expect.status, answer.status, protocol);
  if (!expect.json || expect.json.length === 0) return differences;
  if (protocol === 'grpc' && answer.status !== 0)
    return differences.length > 0 ? differences : [`body: a message wanted, none comes with status ${answer.status}`];
  const document = parsed(answer.text);
  if (document === undefined) return [...differences, `body: JSON wanted, ${excerpt(answer.text)}`];
  return [...differences, ...expect.json.flatMap((each) => jsonDifferences(each, document.value))];
}

function statusDifferences(wanted: number | undefined, status: number, protocol: 'http' | 'grpc'): string[] {
  if (wanted !== undefined) return status === wanted ? [] : [`status: ${wanted} wanted, ${status}`];
  if (protocol === 'grpc') return status === 0 ? [] : [`status: 0 wanted, ${status}`];
  return status >= 200 && status <= 299 ? [] : [`status: 2xx wanted, ${status}`];
}

function jsonDifferences({ pointer, type, value: wanted }: JsonExpectation, document: unknown): string[] {
  const value = lookUp(document, pointer);
  const place = pointer === '' ? 'body' : pointer;
  const found = typeOf(value);
  if (type === 'absent') return found === 'absent' ? [] : [`${place}: absent wanted, ${found}`];
  if (found === 'absent') return [`${place}: ${type ?? JSON.stringify(wanted) ?? 'anything'} wanted, absent`];
  if (type !== undefined && type !== found) return [`${place}: ${type} wanted, ${found}`];
  if (wanted === undefined || scalarText(value) === wanted) return [];
  return [`${place}: ${JSON.stringify(wanted)} wanted, ${shown(value)}`];
}

function typeOf(value: unknown): string {
  if (value === undefined) return 'absent';
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}

/** A string as it is, `true`, `3` and `null` as JSON writes them; undefined for arrays and objects, which are compared member by member. */
function scalarText(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  return typeof value === 'object' && value !== null ? undefined : JSON.stringify(value);
}

function shown(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length > shownCharacters ? `${text.slice(0, shownCharacters)}…` : text;
}

function excerpt(text: string): string {
  return text === '' ? 'nothing' : shown(text);
}

function parsed(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return undefined; // The caller names the difference.
  }
}
