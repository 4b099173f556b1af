import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';

/** A span as the tests look at it; ids are lower-case hex, `parentSpanId` is empty for a root. */
export interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string;
  readonly name: string;
  /** SpanKind: 1 internal, 2 server, 3 client. */
  readonly kind: number;
  /** `service.name` of the resource. */
  readonly service: string;
  /** Attributes with a string value. */
  readonly attributes: Readonly<Record<string, string>>;
}

/**
 * Spans of an ExportTraceServiceRequest in protobuf, as Envoy sends it
 * (https://github.com/open-telemetry/opentelemetry-proto/blob/main/opentelemetry/proto/trace/v1/trace.proto).
 */
export function spansFromProtobuf(body: Uint8Array): Span[] {
  return fields(body, 1).flatMap((resourceSpans) => {
    const resource = fields(resourceSpans, 1)[0];
    const service = (resource && attributesOf(resource, 1)['service.name']) ?? '';
    return fields(resourceSpans, 2)
      .flatMap((scopeSpans) => fields(scopeSpans, 2))
      .map((span) => ({
        traceId: hex(fields(span, 1)[0]),
        spanId: hex(fields(span, 2)[0]),
        parentSpanId: hex(fields(span, 4)[0]),
        name: text(fields(span, 5)[0]),
        kind: varint(span, 6),
        service,
        attributes: attributesOf(span, 9),
      }));
  });
}

interface JsonAttribute {
  readonly key: string;
  readonly value: { readonly stringValue?: string };
}

interface JsonRequest {
  readonly resourceSpans?: readonly {
    readonly resource?: { readonly attributes?: readonly JsonAttribute[] };
    readonly scopeSpans?: readonly {
      readonly spans?: readonly {
        readonly traceId: string;
        readonly spanId: string;
        readonly parentSpanId?: string;
        readonly name: string;
        readonly kind: number;
        readonly attributes?: readonly JsonAttribute[];
      }[];
    }[];
  }[];
}

/** The same in OTLP/JSON, as the Node SDK sends it: ids are hex there, not base64. */
export function spansFromJson(body: string): Span[] {
  const { resourceSpans = [] } = JSON.parse(body) as JsonRequest;
  const record = (attributes: readonly JsonAttribute[] = []) =>
    Object.fromEntries(
      attributes.flatMap(({ key, value }) => (value.stringValue === undefined ? [] : [[key, value.stringValue]])),
    );
  return resourceSpans.flatMap(({ resource, scopeSpans = [] }) =>
    scopeSpans
      .flatMap(({ spans = [] }) => spans)
      .map((span) => ({
        traceId: span.traceId,
        spanId: span.spanId,
        parentSpanId: span.parentSpanId ?? '',
        name: span.name,
        kind: span.kind,
        service: record(resource?.attributes)['service.name'] ?? '',
        attributes: record(span.attributes),
      })),
  );
}

/** Every length-delimited value of field `number`. */
function fields(message: Uint8Array, number: number): Uint8Array[] {
  const reader = new BinaryReader(message);
  const found: Uint8Array[] = [];
  while (reader.pos < reader.len) {
    const [field, type] = reader.tag();
    if (field === number && type === WireType.LengthDelimited) found.push(reader.bytes());
    else reader.skip(type, field);
  }
  return found;
}

function varint(message: Uint8Array, number: number): number {
  const reader = new BinaryReader(message);
  while (reader.pos < reader.len) {
    const [field, type] = reader.tag();
    if (field === number && type === WireType.Varint) return reader.uint32();
    reader.skip(type, field);
  }
  return 0;
}

function attributesOf(message: Uint8Array, number: number): Record<string, string> {
  return Object.fromEntries(
    fields(message, number).flatMap((attribute) => {
      const value = fields(attribute, 2)[0];
      const string = value && fields(value, 1)[0];
      return string ? [[text(fields(attribute, 1)[0]), text(string)]] : [];
    }),
  );
}

function hex(bytes: Uint8Array | undefined): string {
  return Buffer.from(bytes ?? []).toString('hex');
}

function text(bytes: Uint8Array | undefined): string {
  return Buffer.from(bytes ?? []).toString('utf8');
}
