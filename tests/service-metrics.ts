import type { Exchange } from './exchange.ts';
import { podsOf } from './pods.ts';

/** Requests that the Pods of each release of `service` answered to `caller` so far, by the services' own count. */
export async function answeredBy(exchange: Exchange, service: string, caller: string): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const pod of await podsOf(exchange, service)) {
    const release = pod.metadata?.labels?.['app.kubernetes.io/version'] ?? '';
    const text = await exchange.metricsOf(pod);
    counts[release] = (counts[release] ?? 0) + sum(text, caller);
  }
  return counts;
}

/** Sum of `parley_requests_total` over all label sets of one caller (Prometheus text format). */
function sum(text: string, caller: string): number {
  return text
    .split('\n')
    .filter((line) => line.startsWith('parley_requests_total{') && line.includes(`caller="${caller}"`))
    .reduce(
      (total, line) =>
        total +
        Number(
          line
            .slice(line.lastIndexOf('}') + 1)
            .trim()
            .split(' ')[0],
        ),
      0,
    );
}
