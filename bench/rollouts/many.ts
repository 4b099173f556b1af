import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { kubeconfig } from '../../local/api/test-server.ts';
import { namespace, routeTo, type TestWorld, testWorld } from '../../rollout/controller/test-world.ts';
import type { RolloutSpec } from '../../rollout/resource/rollout.ts';
import { until } from '../programs.ts';
import type { RowContext } from '../row.ts';
import type { ControllerFigures } from './figures.ts';

const patienceMs = 600_000;

/** An API server in this process, and a controller in one of its own. */
export interface ManyRollouts extends AsyncDisposable {
  readonly world: TestWorld;
  figures(): Promise<ControllerFigures>;
  /** A stable release and a candidate of each service, and a route. */
  deploy(services: readonly string[]): void;
  /** Resolves when every one is in this phase. */
  reach(services: readonly string[], phase: string, spec: Partial<RolloutSpec>): Promise<void>;
  /** Takes rollouts and all that they were about away. */
  remove(services: readonly string[]): Promise<void>;
}

/** @param requestsPerSecond of each release. */
export async function openMany(context: RowContext, requestsPerSecond: number): Promise<ManyRollouts> {
  const world = await testWorld();
  const file = path.join(context.dir, `rollouts-${requestsPerSecond}.kubeconfig`);
  writeFileSync(file, kubeconfig(world.url, world.authority.cert, world.admin), { mode: 0o600 });
  const program = path.join(import.meta.dirname, 'controller-program.ts');
  const child: ChildProcess = fork(program, [file, namespace, String(requestsPerSecond)], {
    execArgv: ['--expose-gc', '--disable-warning=ExperimentalWarning'],
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  const phase = (service: string) => world.read(service)?.status?.phase;
  const wait = (what: string, holds: () => boolean) =>
    until(
      what,
      patienceMs,
      context.clock,
      async () => {
        context.signal.throwIfAborted();
        if (!holds()) throw new Error('not yet');
      },
      100,
    );
  return {
    world,
    async figures() {
      child.send('figures');
      const [figures] = await once(child, 'message', { signal: context.signal });
      return figures as ControllerFigures;
    },
    deploy(services) {
      for (const service of services) {
        world.deploy(service, '1.4.0');
        world.deploy(service, '2.0.0');
        world.route(routeTo(service, '1.4.0'));
      }
    },
    async reach(services, wanted, spec) {
      for (const service of services) world.start(service, { checks: undefined, ...spec });
      await wait(`${services.length} rollouts ${wanted}`, () => services.every((service) => phase(service) === wanted));
    },
    async remove(services) {
      for (const service of services) {
        world.remove(service);
        world.store.delete('HTTPRoute.gateway.networking.k8s.io', service, namespace);
        for (const release of ['1-4-0', '2-0-0'])
          world.store.delete('Deployment.apps', `${service}-${release}`, namespace);
      }
      await wait('all gone', () => services.every((service) => !world.read(service)));
    },
    async [Symbol.asyncDispose]() {
      const exit = once(child, 'exit');
      if (child.connected) child.disconnect();
      if (child.exitCode === null) await exit;
      await world.close();
    },
  };
}
