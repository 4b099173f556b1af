import { once } from 'node:events';
import { createServer } from 'node:net';

/** Why nobody can listen on `address` (`127.0.0.1:7080`) now; undefined when somebody can. */
export async function portTaken(address: string): Promise<string | undefined> {
  const at = address.lastIndexOf(':');
  const server = createServer();
  try {
    server.listen(Number(address.slice(at + 1)), address.slice(0, at));
    await once(server, 'listening');
    return undefined;
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? String(cause);
    const why = code === 'EADDRINUSE' ? 'is taken by another program' : `cannot be opened: ${code}`;
    const port = address.slice(at + 1);
    return `host address ${address} ${why}; find it with \`ss -ltnp 'sport = :${port}'\`, end it, and the gateway opens within seconds`;
  } finally {
    server.close();
  }
}
