import type { ObjectRef } from '../../install/site.ts';
import { controllerImage } from '../../rollout/deploy/program.ts';
import { renderController } from '../../rollout/deploy/render.ts';
import { rolloutDefinition } from '../../rollout/resource/definition.ts';
import { type RolloutStatus, rolloutKind } from '../../rollout/resource/rollout.ts';
import { type Round, roundOf } from './answers.ts';
import type { Bench } from './bench-cluster.ts';
import { flaggerItself, flaggerNamespace, flaggerNote, flaggerShop } from './flagger.ts';
import { type Release, rate, service, shopBase, shopDeployment, shopRelease, shopRoute, shopService } from './shop.ts';

export interface EngineRounds {
  readonly engine: string;
  readonly good: Round;
  readonly bad: Round;
  readonly note: string;
}

const stable: Release = { version: '1.0.0', failShare: 0 };
const good: Release = { version: '2.0.0', failShare: 0 };
/** As the rehearsal releases of the exchange: one answer in five is an error. */
const bad: Release = { version: '2.1.0-errors', failShare: 0.2 };

const readyMs = 120_000;
const roundMs = 300_000;
/** What comes after the end of a round still belongs to it. */
const afterMs = 3_000;

/** Flagger 1.44 over Istio's own routes. */
export async function flaggerRounds(bench: Bench, manifest: string): Promise<EngineRounds> {
  const namespace = flaggerNamespace;
  bench.say('Flagger: installing');
  await bench.apply([
    ...shopBase(namespace, bench.image),
    ...flaggerItself(manifest),
    ...flaggerShop(bench.image, stable),
  ]);
  const canary = { apiVersion: 'flagger.app/v1beta1', kind: 'Canary', metadata: { name: service, namespace } };
  const phase = async () => (await bench.cluster.read<{ status?: { phase?: string } }>(canary))?.status?.phase;
  const reaches =
    (...wanted: string[]) =>
    async () => {
      const now = await phase();
      return now !== undefined && wanted.includes(now) ? now : undefined;
    };
  await bench.until('the Canary initialized', readyMs, reaches('Initialized'));
  const roll = (release: Release, end: string) =>
    round(bench, namespace, release, async () => {
      await bench.apply([shopDeployment(namespace, service, bench.image, release)]);
      await bench.until('the Canary progressing', readyMs, reaches('Progressing', 'Promoting', 'Finalising', end));
      await bench.until(`the Canary ${end}`, roundMs, reaches(end));
    });
  return { engine: 'Flagger', good: await roll(good, 'Succeeded'), bad: await roll(bad, 'Failed'), note: flaggerNote };
}

const parleyNamespace = 'bench-parley';

/** The controller of this kit over the Gateway API. */
export async function parleyRounds(bench: Bench, image: string): Promise<EngineRounds> {
  const namespace = parleyNamespace;
  bench.say('Parley: installing');
  const images = { [controllerImage]: image };
  const controller = renderController({
    mesh: 'istio',
    env: 'dev',
    capture: 'cni',
    exchangeNamespace: namespace,
    observed: false,
    images,
  });
  const definition = rolloutDefinition();
  const known = await bench.cluster.read(definition);
  await bench.apply([
    ...shopBase(namespace, bench.image),
    ...(known ? [] : [definition]),
    ...controller,
    shopService(namespace, service, { 'app.kubernetes.io/name': service }),
    ...shopRelease(namespace, bench.image, stable),
    shopRoute(namespace, { [stable.version]: 100 }),
  ]);
  const ref = { ...rolloutKind, metadata: { name: service, namespace } };
  const ended = (wanted: string, candidate: string) => async () => {
    const status = (await bench.cluster.read<{ status?: RolloutStatus }>(ref))?.status;
    return status?.phase === wanted && status.candidate === candidate ? status : undefined;
  };
  const roll = (release: Release, end: string) =>
    round(bench, namespace, release, async () => {
      await bench.apply([...shopRelease(namespace, bench.image, release), rollout(release)]);
      await bench.until(`the Rollout ${end}`, roundMs, ended(end, release.version));
    });
  return {
    engine: 'Parley',
    good: await roll(good, 'Promoted'),
    bad: await roll(bad, 'RolledBack'),
    note: `Parley: errors only (0.1 % good, 5 % bad), steps 10 and 50 %; ${rate} calls a second`,
  };
}

function rollout({ version }: Release): ObjectRef {
  const spec = {
    service,
    candidate: version,
    strategy: { canary: { steps: [{ weight: 10 }, { weight: 50 }] } },
    checks: [{ name: 'errors', errorRate: {} }],
    gates: { contract: false },
  };
  return Object.assign({ ...rolloutKind, metadata: { name: service, namespace: parleyNamespace } }, { spec });
}

async function round(bench: Bench, namespace: string, release: Release, work: () => Promise<void>): Promise<Round> {
  const flows = async () => {
    const last = (await bench.answers(namespace)).filter(({ failed, ok }) => failed === 0 && ok > 0).at(-1);
    return last?.at;
  };
  const sinceMs = await bench.until('calls are answered', readyMs, flows);
  bench.say(`${namespace}: ${release.version}`);
  await work();
  const endedAt = (await bench.answers(namespace)).at(-1)?.at ?? sinceMs;
  const later = async () => {
    const answers = await bench.answers(namespace);
    return (answers.at(-1)?.at ?? 0) >= endedAt + afterMs ? answers : undefined;
  };
  return roundOf(await bench.until('the calls after the round', readyMs, later), release.version, sinceMs);
}
