import type { Command } from '../command.ts';
import { colorsFor } from '../output/color.ts';
import { writeDocument } from '../output/document.ts';
import { namespace } from '../routes.ts';
import type { ExchangeEdge } from '../sidecars/edges.ts';
import { stateFolder } from '../state-folder.ts';

export const edges: Command = {
  name: 'edges',
  summary: 'who may call whom, with both identities, and whether their sidecars show that it is mutual TLS',
  outputs: ['text', 'json', 'yaml'],
  examples: [
    { line: 'parley edges', what: 'exits 3 when an edge is not shown to be secured' },
    { line: "parley edges -o json | jq '.edges[] | select(.secured != true)'", what: 'those, each with its reason' },
  ],
  async run(context, { output }) {
    const { openCluster } = await import('../cluster.ts');
    const { lookAtEdges } = await import('../sidecars/edges.ts');
    const cluster = await openCluster(stateFolder(context).kubeconfig);
    const seen = await lookAtEdges(context, cluster);
    if (output === 'text') {
      const { edgesScreen } = await import('../output/edges-screen.ts');
      context.stdout.write(edgesScreen(seen, colorsFor(context.stdout, context.env)));
    } else {
      await writeDocument(context.stdout, output, 'Edges', { edges: seen.map(documentOf) });
    }
    if (seen.every(({ secured }) => secured.state === 'yes')) return 'ok';
    if (output === 'text') context.stderr.write(`  Type: kubectl -n ${namespace} describe pods, parley status\n`);
    return 'findings';
  },
};

/** `secured` is null where nothing could be seen; counts are null where nobody counts. */
function documentOf({ secured, connections, handshakes, ...edge }: ExchangeEdge) {
  return {
    src: edge.source,
    dst: edge.destination,
    port: edge.port,
    client_identity: edge.clientIdentity,
    server_identity: edge.serverIdentity,
    secured: secured.state === 'unknown' ? null : secured.state === 'yes',
    reason: secured.state === 'yes' ? null : secured.reason,
    connections: connections ?? null,
    handshakes: handshakes ?? null,
  };
}
