/** Two spans of one trace, by a sidecar of Istio and by the application behind it, in the JSON of OTLP over HTTP (https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding). */
export function twoSpans(traceId: string): object {
  const span = (
    spanId: string,
    name: string,
    kind: number,
    parentSpanId: string | undefined,
    attributes: object[],
  ) => ({
    traceId,
    spanId,
    ...(parentSpanId ? { parentSpanId } : {}),
    name,
    kind,
    startTimeUnixNano: String(BigInt(Date.now() - 20) * 1_000_000n),
    endTimeUnixNano: String(BigInt(Date.now() - 5) * 1_000_000n),
    attributes,
  });
  const text = (key: string, stringValue: string) => ({ key, value: { stringValue } });
  const resourceSpans = [
    {
      resource: { attributes: [text('service.name', 'accounts.exchange')] },
      scopeSpans: [{ spans: [span('eee19b7ec3c1b174', 'accounts:8080/*', 2, undefined, [])] }],
    },
    {
      resource: {
        attributes: [
          text('service.name', 'accounts'),
          text('service.namespace', 'exchange'),
          text('service.version', '1.4.0'),
          text('service.instance.id', 'accounts-1'),
        ],
      },
      scopeSpans: [
        {
          spans: [
            span('eee19b7ec3c1b173', 'GET /v1/accounts/{id}', 2, 'eee19b7ec3c1b174', [
              { key: 'http.response.status_code', value: { intValue: '200' } },
            ]),
          ],
        },
      ],
    },
  ];
  return { resourceSpans };
}
