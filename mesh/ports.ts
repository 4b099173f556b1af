/** Health and metrics of every service, and of the edge (docs/architecture.md): `/livez`, `/readyz`, `/metrics`. */
export const adminPort = 9090;
/** OTLP over gRPC (https://opentelemetry.io/docs/specs/otlp/#otlpgrpc-default-port). */
export const otlpGrpcPort = 4317;
/** OTLP over HTTP (https://opentelemetry.io/docs/specs/otlp/#otlphttp-default-port). */
export const otlpHttpPort = 4318;
