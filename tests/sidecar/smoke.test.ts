import { expect, test } from 'vitest';
import * as sample from '../../local/sidecar/sample-mesh.ts';
import { call, envoyLog, openMesh, out } from './mesh.ts';

test('smoke', async () => {
  const web = { name: 'web-1', app: 'web', ip: '127.71.1.1', port: 8080, sockets: true };
  const orders = { name: 'orders-1', app: 'orders', ip: '127.71.1.2', port: 8080, sockets: true };
  const mesh = await openMesh(
    [web, orders],
    [
      sample.service('orders', 'orders', 8080, 'http'),
      sample.slice('orders', 8080, [orders]),
      sample.service('web', 'web', 8080, 'http'),
    ],
  );
  try {
    await mesh.http('orders-1', 8080, (req, res) => res.end(JSON.stringify(req.headers)));
    const t = Date.now();
    await mesh.start('orders-1').catch((e) => {
      throw new Error(e.message + envoyLog(mesh, 'orders-1'));
    });
    await mesh.start('web-1');
    process.stderr.write(`${Date.now() - t} ms\n`);
    const a = await call(out(mesh, 'web-1', 'orders', 8080), '/x', { host: 'orders.exchange' });
    process.stderr.write(JSON.stringify(a, null, 1));
    process.stderr.write(envoyLog(mesh, 'orders-1'));
    expect(a.status).toBe(200);
  } finally {
    await mesh.end();
  }
});
