import { z } from 'zod';
import { readAnswer } from './answer.ts';

/** https://www.envoyproxy.io/docs/envoy/latest/operations/admin#get--certs */
export const certificatesPath = '/certs';

const schema = z.object({
  certificates: z
    .array(
      z.object({
        cert_chain: z
          .array(
            z.object({
              subject_alt_names: z.array(z.object({ uri: z.string().optional() })).default([]),
              valid_from: z.iso.datetime().optional(),
              expiration_time: z.iso.datetime(),
            }),
          )
          .default([]),
      }),
    )
    .default([]),
});

/** A certificate that a sidecar presents. */
export interface Certificate {
  /** URI SANs: the identity in the mesh, if it is one of the mesh. */
  readonly identities: readonly string[];
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
}

/** The certificates that an Envoy presents, each once; those of authorities are left out. Throws AnswerError. */
export function readCertificates(text: string): Certificate[] {
  const { certificates } = readAnswer(certificatesPath, schema, text);
  const seen = new Map<string, Certificate>();
  for (const each of certificates.flatMap(({ cert_chain }) => cert_chain)) {
    const certificate = {
      identities: each.subject_alt_names.flatMap(({ uri }) => uri ?? []),
      notBeforeMs: each.valid_from ? Date.parse(each.valid_from) : 0,
      notAfterMs: Date.parse(each.expiration_time),
    };
    seen.set(JSON.stringify(certificate), certificate);
  }
  return [...seen.values()];
}
