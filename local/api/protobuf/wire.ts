/** A field of a protobuf message as it is on the wire: a varint, or bytes (fixed32 and fixed64 among them). */
export interface WireField {
  readonly number: number;
  readonly value: bigint | Uint8Array;
}

function varint(bytes: Uint8Array, at: number): [value: bigint, next: number] {
  let value = 0n;
  for (let index = at, shift = 0n; index < bytes.length && shift < 70n; index++, shift += 7n) {
    const byte = bytes[index] ?? 0;
    value |= BigInt(byte & 0x7f) << shift;
    if (byte < 0x80) return [value, index + 1];
  }
  throw new RangeError('a number is cut off');
}

/** The fields of a message in order: https://protobuf.dev/programming-guides/encoding/. Throws RangeError when it is cut off. */
export function* wireFields(bytes: Uint8Array): Generator<WireField> {
  for (let at = 0; at < bytes.length; ) {
    const [tag, start] = varint(bytes, at);
    const number = Number(tag >> 3n);
    const wireType = Number(tag & 7n);
    if (wireType === 0) {
      const [value, next] = varint(bytes, start);
      at = next;
      yield { number, value };
      continue;
    }
    const [length, from] =
      wireType === 2 ? varint(bytes, start) : [wireType === 1 ? 8n : wireType === 5 ? 4n : undefined, start];
    if (length === undefined) throw new RangeError(`wire type ${wireType} is not used by Kubernetes`);
    at = from + Number(length);
    if (at > bytes.length) throw new RangeError(`field ${number} is cut off`);
    yield { number, value: bytes.subarray(from, at) };
  }
}
