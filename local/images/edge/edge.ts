/**
 * The container of the edge in the embedded cluster. There the Pod's own sidecar is the gateway, whatever image the Deployment
 * names, so nothing is left to do but to answer the probes, on the port of the image it stands for. The sidecar has confirmed its
 * configuration before a container starts.
 */
import { rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';

const [port, sockets] = [process.argv[2], process.env.PARLEY_SOCKETS];
if (!port || !sockets) {
  process.stderr.write(
    'edge: needs a port as its first argument, and PARLEY_SOCKETS (annotation parley.dev/sockets)\n',
  );
  process.exit(2);
}

const socket = join(sockets, 'in', port);
rmSync(socket, { force: true });
const healthy = ['/livez', '/readyz', '/healthz/ready'];
const server = createServer((request, response) => {
  response.writeHead(healthy.includes(request.url ?? '') ? 200 : 404).end();
});
server.listen(socket);
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, () => {
    server.close();
    server.closeIdleConnections();
  });
}
