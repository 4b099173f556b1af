/** Where a program built on the OpenTelemetry collector shows its own metrics (https://opentelemetry.io/docs/collector/internal-telemetry/). */
export interface PullReader {
  readonly pull: { readonly exporter: { readonly prometheus: { readonly host: string; readonly port: number } } };
}

/** For Prometheus, on every address of the Pod. */
export function pullReader(port: number): PullReader {
  return { pull: { exporter: { prometheus: { host: '0.0.0.0', port } } } };
}
