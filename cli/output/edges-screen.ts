import type { Edge, EdgeVerdict } from '../../mesh/edges/edge.ts';
import type { Colors } from './color.ts';
import { table } from './table.ts';

/** What `parley edges` prints for people. */
export function edgesScreen(edges: readonly (Edge & EdgeVerdict)[], colors: Colors): string {
  const rows = table(edges, [
    { title: 'SRC', cell: ({ source }) => colors.bold(source) },
    { title: 'DST', cell: ({ destination }) => colors.bold(destination) },
    { title: 'CLIENT IDENTITY', cell: ({ clientIdentity }) => clientIdentity },
    { title: 'SERVER IDENTITY', cell: ({ serverIdentity }) => serverIdentity },
    { title: 'CONNECTIONS', align: 'right', cell: connectionsCell },
    { title: 'SECURED', cell: (edge) => securedCell(edge, colors) },
  ]);
  const secured = edges.filter(({ secured: { state } }) => state === 'yes').length;
  const line = `${secured} of ${edges.length} edges secured`;
  return `${rows}\n${secured === edges.length ? colors.green(`√ ${line}`) : colors.red(`× ${line}`)}\n`;
}

function connectionsCell({ connections }: EdgeVerdict): string {
  if (connections === undefined) return '-';
  return connections === 0 ? 'no traffic yet' : String(connections);
}

function securedCell({ secured }: EdgeVerdict, colors: Colors): string {
  switch (secured.state) {
    case 'yes':
      return colors.green('√');
    case 'no':
      return colors.red(`× ${secured.reason}`);
    case 'unknown':
      return colors.yellow(`unknown: ${secured.reason}`);
  }
}
