import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { expect, test } from 'vitest';
import { countJsonSpans, countSpans, grpcMessages } from './spans.ts';

function message(fields: readonly (readonly [number, Uint8Array])[]): Uint8Array {
  const writer = new BinaryWriter();
  for (const [number, value] of fields) writer.tag(number, WireType.LengthDelimited).bytes(value);
  return writer.finish();
}

const name = new TextEncoder().encode('ingress');
const span = message([[5, name]]);
const resource = message([[1, name]]);

test('counts the spans of every scope of every resource, and nothing else', () => {
  const scope = message([
    [1, name],
    [2, span],
    [2, span],
  ]);
  const request = message([
    [
      1,
      message([
        [1, resource],
        [2, scope],
        [2, scope],
      ]),
    ],
    [1, message([[2, message([[2, span]])]])],
  ]);
  expect(countSpans(request)).toBe(5);
  expect(countSpans(new Uint8Array())).toBe(0);
});

test('counts spans of OTLP/JSON by their own id, not by their parent', () => {
  expect(countJsonSpans('{"spans":[{"spanId":"a","parentSpanId":"b"},{"traceId":"t","spanId":"c"}]}')).toBe(2);
});

test('takes gRPC messages apart', () => {
  const body = Buffer.from([0, 0, 0, 0, 2, 7, 8, 0, 0, 0, 0, 0]);
  expect(grpcMessages(body)).toEqual([Buffer.from([7, 8]), Buffer.alloc(0)]);
  expect(() => grpcMessages(Buffer.from([0, 0, 0, 0, 2, 7]))).toThrow('torn');
  expect(() => grpcMessages(Buffer.from([1, 0, 0, 0, 0]))).toThrow('compressed');
});
