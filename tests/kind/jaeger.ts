import type { Span } from '../../services/testing/otlp.ts';
import type { Commands } from '../commands.ts';
import { http } from '../http.ts';
import { forwarded } from './forward.ts';

/** Jaeger's query API behind a port-forward. */
export interface Jaeger {
  spansOf(traceId: string): Promise<readonly Span[]>;
  close(): Promise<void>;
}

/** The part of Jaeger's answer that is read (https://www.jaegertracing.io/docs/2.0/apis/). */
interface JaegerAnswer {
  readonly data?: readonly {
    readonly spans: readonly {
      readonly traceID: string;
      readonly spanID: string;
      readonly operationName: string;
      readonly references?: readonly { readonly refType: string; readonly spanID: string }[];
      readonly tags?: readonly { readonly key: string; readonly value: unknown }[];
      readonly processID: string;
    }[];
    readonly processes: Readonly<Record<string, { readonly serviceName: string }>>;
  }[];
}

/** `span.kind` in Jaeger's words, as the numbers of OTLP's SpanKind. */
const kinds: Readonly<Record<string, number>> = { internal: 1, server: 2, client: 3, producer: 4, consumer: 5 };

export async function openJaeger(commands: Commands): Promise<Jaeger> {
  const { url, close } = await forwarded(commands, 'jaeger', 16686);
  return {
    spansOf: async (traceId) => {
      const answer = await http(`${url}/api/traces/${traceId}`);
      if (answer.status === 404) return [];
      if (answer.status !== 200) throw new Error(`Jaeger: ${answer.status} ${answer.text}`);
      return spansFromJaeger(answer.json<JaegerAnswer>());
    },
    close,
  };
}

function spansFromJaeger({ data = [] }: JaegerAnswer): Span[] {
  return data.flatMap(({ spans, processes }) =>
    spans.map(({ traceID, spanID, operationName, references = [], tags = [], processID }) => {
      const attributes = Object.fromEntries(
        tags.flatMap(({ key, value }) => (typeof value === 'string' ? [[key, value]] : [])),
      );
      return {
        traceId: traceID,
        spanId: spanID,
        parentSpanId: references.find(({ refType }) => refType === 'CHILD_OF')?.spanID ?? '',
        name: operationName,
        kind: kinds[attributes['span.kind'] ?? ''] ?? 0,
        service: processes[processID]?.serviceName ?? '',
        attributes,
      };
    }),
  );
}
