import type { Exchange } from './exchange.ts';

/** A row of `parley edges -o json`. */
export interface EdgeRow {
  readonly src: string;
  readonly dst: string;
  readonly client_identity: string;
  readonly server_identity: string;
  readonly secured: boolean | null;
  readonly reason: string | null;
  readonly connections: number | null;
}

/** What `parley edges -o json` says, and the code it exits with. */
export async function edgesOf(
  exchange: Exchange,
): Promise<{ readonly code: number | null; readonly edges: EdgeRow[] }> {
  const { code, stdout, stderr } = await exchange.attempt(['edges', '-o', 'json']);
  if (stdout === '') throw new Error(`parley edges: exit ${code}\n${stderr}`);
  const { edges } = JSON.parse(stdout) as { readonly edges: EdgeRow[] };
  return { code, edges };
}

/** `orders -> accounts: why not`, for those that are not secured. */
export function notSecured(edges: readonly EdgeRow[]): string[] {
  return edges.filter(({ secured }) => secured !== true).map(({ src, dst, reason }) => `${src} -> ${dst}: ${reason}`);
}
