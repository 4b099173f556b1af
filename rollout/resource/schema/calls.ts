import { defaults } from '../defaults.ts';
import { name } from './formats.ts';
import { integer, list, listBy, object, oneOf, type Schema, text } from './schema.ts';

const header = object('A header.', {
  'name!': text('Name.', 256, { minLength: 1, pattern: "^[A-Za-z0-9!#$%&'*+.^_`|~-]+$", example: 'accept' }),
  'value!': text('Value.', 4096),
});

const expected = object('What a good answer has. At least one member.', {
  status: integer('HTTP status, or the gRPC status code of gRPC services.', 0, 599),
  json: list(
    'What is in the answer.',
    object('One place of the answer: its type or its value.', {
      'pointer!': text('JSON pointer (RFC 6901); the empty one is the whole answer.', 256, {
        pattern: '^(/([^~/]|~[01])*)*$',
        example: '/accounts/0/id',
      }),
      type: oneOf('What kind of value is there.', ['string', 'number', 'boolean', 'array', 'object', 'absent']),
      value: text('The value, as text.', 1024),
    }),
    16,
    1,
  ),
});

const call = object('One call.', {
  'name!': name('What reports call it.'),
  method: oneOf(`HTTP method. Default ${defaults.calls.method}.`, ['GET', 'POST']),
  'path!': text('Path by which the edge leads to the service; of gRPC services the method.', 1024, {
    pattern: '^/[^ ]*$',
    example: '/grpc.health.v1.Health/Check',
  }),
  headers: listBy('name', 'Headers to send.', header, 16),
  body: text('JSON text to send. Only with POST.', 8192),
  'expect!': expected,
});

/** `spec.calls`. */
export const calls: Schema = object(
  "How calls of the kit's own reach a release: for smoke calls, body checks and synthetic traffic. They come in by the edge.",
  {
    rate: integer(
      `Calls a second while they are made for a body check or as synthetic traffic. Default ${defaults.calls.rate}.`,
      1,
      1000,
    ),
    credentials: object('Where the token comes from that the calls carry.', {
      'secretName!': text(
        'A Secret in the same namespace with `token-url`, `client-id` and `client-secret`: OAuth 2 client credentials (RFC 6749, 4.4).',
        253,
        { pattern: '^[a-z0-9]([-.a-z0-9]*[a-z0-9])?$', example: 'accounts-calls' },
      ),
    }),
    'requests!': listBy('name', 'The calls, made in turn.', call, 20, 1),
  },
);
