import { parseArgs } from 'node:util';
import { exitCode } from '../../cli/exit-codes.ts';
import { describeFailure, Failure, messageOf, usageFailure } from '../../cli/failure.ts';
import { systemClock } from '../../verify/load/clock.ts';
import { openBench } from './bench-cluster.ts';
import { type EngineRounds, flaggerRounds, parleyRounds } from './engines.ts';
import { sideBySide } from './table.ts';

const usage = `Usage: node bench/side-by-side/main.ts --kubeconfig FILE --image IMAGE [--flagger MANIFEST] [--controller IMAGE]

Rolls the same good and bad candidate out under Flagger and under Parley, in the same cluster and under the same calls, and prints what it
took. Wants a cluster by \`parley up --target kind --rollouts off --observability none\`; IMAGE has node and is in its nodes, as are the images
that MANIFEST (Flagger's release for Istio) and the controller of rollouts name. Everything that it makes in the cluster is gone afterwards.
`;

function parse(argv: readonly string[]) {
  try {
    const { values } = parseArgs({
      args: [...argv],
      options: {
        kubeconfig: { type: 'string' },
        image: { type: 'string' },
        flagger: { type: 'string' },
        controller: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    });
    return values;
  } catch (error) {
    throw usageFailure(messageOf(error), 'See `node bench/side-by-side/main.ts --help`.');
  }
}

async function main(argv: readonly string[], signal: AbortSignal): Promise<void> {
  const { kubeconfig, image, flagger, controller, help } = parse(argv);
  if (help) {
    process.stdout.write(usage);
    return;
  }
  if (!kubeconfig || !image || !(flagger || controller)) {
    throw usageFailure('--kubeconfig, --image and one of --flagger and --controller are needed.', usage);
  }
  const bench = await openBench({
    kubeconfig,
    image,
    clock: systemClock,
    signal,
    say: (line) => process.stderr.write(`${line}\n`),
  });
  const done: EngineRounds[] = [];
  try {
    if (flagger) done.push(await flaggerRounds(bench, flagger));
    if (controller) done.push(await parleyRounds(bench, controller));
  } finally {
    await bench.cleanUp();
  }
  process.stdout.write(sideBySide(done));
}

const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());
main(process.argv.slice(2), stop.signal).catch((error: unknown) => {
  process.stderr.write(describeFailure(error));
  process.exitCode = exitCode(error instanceof Failure ? error.exit : 'failed');
});
