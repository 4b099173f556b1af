import type { IncomingMessage } from 'node:http';
import { parse } from 'yaml';
import { isObject, type JsonObject } from '../store/json.ts';
import { badRequest, StatusError } from '../store/status.ts';
import { decodeProtobuf } from './protobuf/decode.ts';

/** As large as the real server takes. */
const limitBytes = 3 * 1024 * 1024;

const tooLarge = () =>
  new StatusError(413, 'RequestEntityTooLarge', `Request entity too large: limit is ${limitBytes}`);

/** Reads a request's whole body; a StatusError 413 when it is over 3 MiB. */
export async function readBody(request: IncomingMessage): Promise<Buffer> {
  if (Number(request.headers['content-length'] ?? 0) > limitBytes) throw tooLarge();
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of request as AsyncIterable<Buffer>) {
    size += piece.length;
    if (size > limitBytes) throw tooLarge();
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

const mediaType = (contentType: string): string => (contentType.split(';')[0] ?? '').trim().toLowerCase();

/** The JSON or YAML value of a body; 400 when it is malformed, 415 for another media type. */
export function parseBody(body: Buffer, contentType: string): unknown {
  const type = mediaType(contentType) || 'application/json';
  if (type === 'application/vnd.kubernetes.protobuf') return decodeProtobuf(body);
  const text = body.toString('utf8');
  try {
    if (type === 'application/json' || type.endsWith('+json')) return JSON.parse(text);
    if (type === 'application/yaml' || type === 'application/apply-patch+yaml') return parse(text);
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw badRequest(`the request body is no valid ${type}: ${message}`);
  }
  throw new StatusError(
    415,
    'UnsupportedMediaType',
    `the body of the request was in an unknown format - accepted media types include: application/json, application/yaml; got ${type}`,
  );
}

/** A body that must be one object; an empty one is `{}` where `optional`. */
export function parseObject(body: Buffer, contentType: string, optional = false): JsonObject {
  if (optional && body.length === 0) return {};
  const value = parseBody(body, contentType);
  if (isObject(value)) return value;
  throw badRequest('the request body must be an object');
}
