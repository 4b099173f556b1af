import { z } from 'zod';

const upstreamTls = 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext';
const downstreamTls = 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext';

const stringMatcher = z.record(z.string(), z.unknown());
const validation = z.object({
  match_typed_subject_alt_names: z.array(z.object({ matcher: stringMatcher })).optional(),
  /** Deprecated by Envoy, and what Istio writes. */
  match_subject_alt_names: z.array(stringMatcher).optional(),
});

const context = z.object({
  tls_certificates: z.array(z.unknown()).default([]),
  tls_certificate_sds_secret_configs: z.array(z.unknown()).default([]),
  validation_context: validation.optional(),
  validation_context_sds_secret_config: z.unknown().optional(),
  combined_validation_context: z.object({ default_validation_context: validation.optional() }).optional(),
});

/** `config.core.v3.TransportSocket`, as far as it is TLS. */
export const transportSocket = z.object({
  name: z.string().optional(),
  typed_config: z
    .object({
      '@type': z.string(),
      common_tls_context: context.optional(),
      require_client_certificate: z.boolean().optional(),
    })
    .optional(),
});
export type TransportSocket = z.output<typeof transportSocket>;

/** How a sidecar sends: by TLS, or by something else, whose name it is. */
export type Sending =
  | {
      readonly tls: true;
      /** Whether it has a certificate to present. */
      readonly presents: boolean;
      /** Names of which the server must show one; `prefix …` and the like where it is no whole name. Empty: any name will do. */
      readonly expects: readonly string[];
    }
  | { readonly tls: false; readonly by: string };

/** What a cluster's transport socket does; undefined is Envoy's default, plain text. */
export function sending(socket: TransportSocket | undefined): Sending {
  const config = socket?.typed_config;
  if (config?.['@type'] !== upstreamTls) return { tls: false, by: nameOf(socket) };
  const tls = config.common_tls_context;
  return { tls: true, presents: hasCertificate(tls), expects: tls ? namesOf(tls) : [] };
}

/** How a listener's filter chain takes connections. */
export interface Taking {
  readonly tls: boolean;
  /** It refuses a client without a certificate of an authority that it knows. */
  readonly wantsClient: boolean;
}

export function taking(socket: TransportSocket | undefined): Taking {
  const config = socket?.typed_config;
  if (config?.['@type'] !== downstreamTls) return { tls: false, wantsClient: false };
  const tls = config.common_tls_context;
  const verifies =
    tls?.validation_context !== undefined ||
    tls?.combined_validation_context !== undefined ||
    tls?.validation_context_sds_secret_config !== undefined;
  return { tls: hasCertificate(tls), wantsClient: verifies && config.require_client_certificate === true };
}

type Context = z.output<typeof context>;

function hasCertificate(tls: Context | undefined): boolean {
  return (tls?.tls_certificates.length ?? 0) + (tls?.tls_certificate_sds_secret_configs.length ?? 0) > 0;
}

function namesOf({ validation_context, combined_validation_context }: Context): string[] {
  const found = [validation_context, combined_validation_context?.default_validation_context];
  return found.flatMap((each) => [
    ...(each?.match_subject_alt_names ?? []).map(wordsOf),
    ...(each?.match_typed_subject_alt_names ?? []).map(({ matcher }) => wordsOf(matcher)),
  ]);
}

/** A whole name as it is, `prefix spiffe://…` for a part of one. */
function wordsOf(matcher: Readonly<Record<string, unknown>>): string {
  if (typeof matcher.exact === 'string' && matcher.ignore_case !== true) return matcher.exact;
  return Object.entries(matcher)
    .map(([how, what]) => `${how} ${typeof what === 'string' ? what : JSON.stringify(what)}`)
    .join(', ');
}

function nameOf(socket: TransportSocket | undefined): string {
  const type = socket?.typed_config?.['@type'];
  if (!socket || type?.endsWith('.RawBuffer')) return 'plain text';
  return socket.name ?? type ?? 'a transport socket without a name';
}
