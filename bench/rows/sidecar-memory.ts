import path from 'node:path';
import { Failure } from '../../cli/failure.ts';
import { interleave } from '../measure/interleave.ts';
import { ratioOf, summarize } from '../measure/summary.ts';
import { pssMb } from '../programs.ts';
import { exchangeWorld } from '../proxies/exchange-world.ts';
import { benchAuthority } from '../proxies/identities.ts';
import { startMinimalEnvoy } from '../proxies/minimal-envoy.ts';
import { pidOf, startPodSidecar } from '../proxies/parley.ts';
import { envoyProgram, startRig } from '../proxies/rig.ts';
import type { Row, RowContext } from '../row.ts';

const sidecars = 20;
const podsPerWorkload = 4;
const mostRounds = 3;

export const sidecarMemory: Row = {
  name: 'sidecar-memory',
  title: `memory of a sidecar with ${sidecars} of them and the configuration of the whole exchange (PSS)`,
  run: async (context) => {
    const rounds = Math.min(context.rounds, mostRounds);
    const subjects = [
      { name: 'Parley', measure: (round: number) => parleySidecars(path.join(context.dir, `m${round}`), context) },
      {
        name: 'minimal Envoy',
        measure: (round: number) => minimalSidecars(path.join(context.dir, `n${round}`), context),
      },
    ];
    const results = await interleave(subjects, rounds, context.signal);
    const [measured = [], against = []] = subjects.map(({ name }) => results.get(name));
    return {
      measurements: [
        {
          what: `per sidecar, ${sidecars} at once`,
          unit: 'MB',
          measured: { name: 'Parley', summary: summarize(measured) },
          against: { name: 'minimal Envoy', summary: summarize(against) },
          ratio: ratioOf(measured, against),
          goals: [{ of: 'measured', bound: 'at most', value: 20 }],
        },
      ],
      notes: [
        'pages that all of them share (the program) count once over all; taken without traffic, one set after the other',
      ],
    };
  },
};

/** Envoy aborts when there are none left, and other sidecars of this user take from the same limit. */
const inotifyHint = 'If Envoy aborted: end other exchanges, or type `sudo sysctl fs.inotify.max_user_instances=8192`';

async function parleySidecars(dir: string, context: RowContext): Promise<number> {
  const envoy = await envoyProgram(context);
  const world = exchangeWorld(podsPerWorkload);
  const authority = await benchAuthority(dir);
  await using running = new AsyncDisposableStack();
  const pids: number[] = [];
  for (const pod of [...world.pods.values()].slice(0, sidecars)) {
    const podDir = path.join(dir, String(pids.length));
    const sidecar = await startPodSidecar(envoy, { pod, podDir, world, authority, context }).catch((cause: unknown) => {
      throw new Failure('SidecarMissing', `sidecar ${pids.length + 1} of ${sidecars} does not start`, {
        cause,
        hint: inotifyHint,
      });
    });
    running.defer(sidecar.stop);
    pids.push(pidOf(podDir));
  }
  return pssMb(pids) / pids.length;
}

async function minimalSidecars(dir: string, context: RowContext): Promise<number> {
  await using rig = await startRig(dir, context);
  await using running = new AsyncDisposableStack();
  const pids: number[] = [];
  for (let pair = 0; pair < sidecars / 2; pair++) {
    const options = { dir: path.join(dir, `p${pair}`), appSocket: rig.appSocket, collector: { http: 1 }, context };
    pids.push(...running.use(await startMinimalEnvoy(rig.envoy, { ...options, variant: 'mTLS' })).pids);
  }
  return pssMb(pids) / pids.length;
}
