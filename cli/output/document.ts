import type { OutputFormat, Sink } from '../command.ts';

export const documentVersion = 'parley.dev/v1alpha1';

/**
 * Writes one machine-readable answer: `kind` and the version of its shape first. Nothing else may go to stdout in that run.
 * yaml is loaded only when it is asked for.
 */
export async function writeDocument(
  stdout: Sink,
  format: Exclude<OutputFormat, 'text'>,
  kind: string,
  body: Readonly<Record<string, unknown>>,
): Promise<void> {
  const document = { apiVersion: documentVersion, kind, ...body };
  if (format === 'json') {
    stdout.write(`${JSON.stringify(document, undefined, 2)}\n`);
    return;
  }
  const { stringify } = await import('yaml');
  stdout.write(stringify(document));
}
