import type { Protocol } from './protocol.ts';
import { extension, fileSource, files, type Message, type Resource, typed } from './resource.ts';

const tls13 = { tls_minimum_protocol_version: 'TLSv1_3', tls_maximum_protocol_version: 'TLSv1_3' };
const ownCertificate = [{ name: 'cert', sds_config: fileSource(files.certificate) }];
/** Read once: the authority of a cluster does not change, and a followed file costs an inotify instance. */
const trust = { trusted_ca: { filename: files.trust } };

/** Server name by which a client chooses the app's port behind the one inbound port of a sidecar. */
export const serverName = (port: number): string => `p${port}`;

const alpn = (protocol: Protocol): string[] => [protocol === 'tcp' ? 'parley-tcp' : 'h2'];

/** Name of the secret with the allow-list of a TCP port. */
export const allowListSecret = (port: number): string => `tcp-${port}`;

/** TLS of one inbound chain. A TCP port carries its allow-list here, an HTTP port in its routes. */
export function inboundTls(port: number, protocol: Protocol): Message {
  const name = allowListSecret(port);
  return extension('tls', 'envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext', {
    require_client_certificate: true,
    common_tls_context: {
      tls_params: tls13,
      alpn_protocols: alpn(protocol),
      tls_certificate_sds_secret_configs: ownCertificate,
      ...(protocol === 'tcp'
        ? { validation_context_sds_secret_config: { name, sds_config: fileSource(files.secret(name)) } }
        : { validation_context: trust }),
    },
  });
}

/** TLS towards the sidecar of `port`, which must show one of `identities`. */
export function outboundTls(port: number, protocol: Protocol, identities: readonly string[]): Message {
  return extension('tls', 'envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext', {
    sni: serverName(port),
    common_tls_context: {
      tls_params: tls13,
      alpn_protocols: alpn(protocol),
      tls_certificate_sds_secret_configs: ownCertificate,
      validation_context: {
        ...trust,
        match_typed_subject_alt_names: identities.map((exact) => ({ san_type: 'URI', matcher: { exact } })),
      },
    },
  });
}

/** TLS of a gateway's listener towards clients outside: a server certificate, none asked of them. */
export function edgeTls(secret: string): Message {
  return extension('tls', 'envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext', {
    common_tls_context: {
      tls_params: { tls_minimum_protocol_version: 'TLSv1_2' },
      alpn_protocols: ['h2', 'http/1.1'],
      tls_certificate_sds_secret_configs: [{ name: secret, sds_config: fileSource(files.secret(secret)) }],
    },
  });
}

const secretType = 'envoy.extensions.transport_sockets.tls.v3.Secret';

/** Certificate and key together, so that one rename changes both. */
export function certificateSecret(name: string, pair: { certificatePem: string; keyPem: string }): Resource {
  return typed(secretType, {
    name,
    tls_certificate: {
      certificate_chain: { inline_string: pair.certificatePem },
      private_key: { inline_string: pair.keyPem },
    },
  });
}

/** Who may connect to a TCP port. */
export function validationSecret(name: string, bundlePem: string, sans: readonly Message[]): Resource {
  return typed(secretType, {
    name,
    validation_context: { trusted_ca: { inline_string: bundlePem }, match_typed_subject_alt_names: sans },
  });
}
