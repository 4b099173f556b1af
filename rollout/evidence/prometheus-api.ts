import { z } from 'zod';
import type { Sample } from '../../mesh/linkerd/proxy-metrics.ts';

const answer = z.union([
  z.object({
    status: z.literal('success'),
    data: z.object({
      resultType: z.literal('vector'),
      result: z.array(z.object({ metric: z.record(z.string(), z.string()), value: z.tuple([z.number(), z.string()]) })),
    }),
  }),
  z.object({ status: z.literal('error'), errorType: z.string(), error: z.string() }),
]);

/** Prometheus could not be asked, or did not understand. */
export class PrometheusError extends Error {
  readonly code = 'PrometheusFailed';
  readonly hint: string;

  constructor(url: string, problem: string, cause?: unknown) {
    super(`Prometheus at ${url}: ${problem}`, { cause });
    this.name = 'PrometheusError';
    this.hint = `Type: curl ${url}/-/ready   (does it answer from where the controller runs?)`;
  }
}

const timeoutMs = 5000;

/**
 * The series of an instant query with their newest values (https://prometheus.io/docs/prometheus/latest/querying/api/#instant-queries);
 * those that are no number are left out. Throws PrometheusError.
 */
export async function instantQuery(url: string, query: string): Promise<Sample[]> {
  let response: Response;
  try {
    const signal = AbortSignal.timeout(timeoutMs);
    response = await fetch(`${url}/api/v1/query`, { method: 'POST', body: new URLSearchParams({ query }), signal });
  } catch (error) {
    throw new PrometheusError(url, (error as Error).message, error);
  }
  const parsed = answer.safeParse(await response.json().catch(() => undefined));
  if (!parsed.success) throw new PrometheusError(url, `answered ${response.status}, and not as Prometheus does`);
  if (parsed.data.status === 'error') throw new PrometheusError(url, `${parsed.data.errorType}: ${parsed.data.error}`);
  return parsed.data.data.result.flatMap(({ metric: { __name__: name = '', ...labels }, value: [, text] }) => {
    const value = Number(text);
    return Number.isFinite(value) ? [{ name, labels, value }] : [];
  });
}
