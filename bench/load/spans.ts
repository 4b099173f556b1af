import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';

/** Field numbers on the way to a span: ExportTraceServiceRequest.resource_spans, ResourceSpans.scope_spans, ScopeSpans.spans. */
const pathToSpan = [1, 2, 2] as const;

/**
 * How many spans an ExportTraceServiceRequest holds, without decoding them: the collector must cost little
 * (https://github.com/open-telemetry/opentelemetry-proto/blob/main/opentelemetry/proto/collector/trace/v1/trace_service.proto).
 */
export function countSpans(request: Uint8Array, path: readonly number[] = pathToSpan): number {
  const [wanted, ...rest] = path;
  if (wanted === undefined) return 1;
  const reader = new BinaryReader(request);
  let count = 0;
  while (reader.pos < reader.len) {
    const [field, type] = reader.tag();
    if (field === wanted && type === WireType.LengthDelimited) count += countSpans(reader.bytes(), rest);
    else reader.skip(type, field);
  }
  return count;
}

/** The same for OTLP/JSON: `"spanId"` is there once in each span; `"parentSpanId"` is another word. */
export function countJsonSpans(request: string): number {
  return request.split('"spanId"').length - 1;
}

/** The messages of a gRPC request body: a flag byte, four bytes of length, the message (https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md). Throws on a compressed or a torn one. */
export function grpcMessages(body: Buffer): Buffer[] {
  const messages: Buffer[] = [];
  for (let at = 0; at < body.length; ) {
    if (body[at] !== 0) throw new TypeError('a compressed gRPC message');
    const end = at + 5 + body.readUInt32BE(at + 1);
    if (end > body.length) throw new RangeError('a torn gRPC message');
    messages.push(body.subarray(at + 5, end));
    at = end;
  }
  return messages;
}
