import type { Span } from '../services/testing/otlp.ts';

/** Spans whose parent is not among them; one tree has exactly one. */
export function roots(spans: readonly Span[]): Span[] {
  const ids = new Set(spans.map(({ spanId }) => spanId));
  return spans.filter(({ parentSpanId }) => !ids.has(parentSpanId));
}

/** Services on the way from a span up to the root. */
export function ancestors(span: Span, spans: readonly Span[]): string[] {
  const parent = spans.find(({ spanId }) => spanId === span.parentSpanId);
  return parent ? [parent.service, ...ancestors(parent, spans)] : [];
}

/** Whether the spans are one tree in which each of the services has a part. */
export function complete(spans: readonly Span[], wanted: readonly string[]): boolean {
  return roots(spans).length === 1 && wanted.every((service) => spans.some((span) => span.service.startsWith(service)));
}
