import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { InstallError } from './install-error.ts';
import { defaultClusterName, type KindConfigOptions, kindConfigYaml } from './kind-config.ts';
import type { ClusterLedger } from './ledger.ts';
import { callAt, type Site, until } from './site.ts';
import type { Step } from './step.ts';

export interface KindClusterOptions extends KindConfigOptions {
  /** The clone: its kind-config.yaml serves when the defaults do. */
  readonly repo: string;
  readonly ledger: ClusterLedger;
}

type Situation = 'absent' | 'half made' | 'stopped' | 'no kubeconfig' | 'good';

const answerMs = 120_000;
const engineHint = 'Type: docker ps   (the engine must answer), then parley up';

/** The cluster: created by kind when it is not there, started again when its containers stopped, refused when it is not ours. */
export function kindClusterStep(site: Site, options: KindClusterOptions): Step {
  const { name, ledger } = options;
  let situation: Situation | undefined;
  return {
    title: 'cluster',
    async look() {
      situation = await lookAt(site, options);
      return situation === 'good' ? `kind ${name}` : undefined;
    },
    async run(say) {
      situation ??= await lookAt(site, options);
      if (situation === 'stopped') return start(site, name);
      if (situation === 'no kubeconfig') {
        await exportKubeconfig(site, name);
        return `kind ${name}`;
      }
      if (situation === 'half made') await deleteKindCluster(site, name);
      await create(site, options, ledger, say);
      return `kind ${name}, created`;
    },
  };
}

async function lookAt(site: Site, { name, ledger }: KindClusterOptions): Promise<Situation> {
  if (!(await clusterNames(site)).includes(name)) {
    ledger.forget('cluster');
    return 'absent';
  }
  const state = ledger.state('cluster');
  if (state === undefined) throw clusterOfOthers(name);
  if (state === 'begun') return 'half made';
  if (!(await isKnown(site, name, ledger))) {
    ledger.forget('cluster');
    throw clusterOfOthers(name);
  }
  if ((await stoppedNodes(site, name)).length > 0) return 'stopped';
  return existsSync(site.kubeconfig) ? 'good' : 'no kubeconfig';
}

async function clusterNames(site: Site): Promise<string[]> {
  const text = await callAt(site, { program: 'kind', args: ['get', 'clusters'], hint: engineHint });
  return text.split('\n').filter(Boolean);
}

/** Whether the cluster of the name is still the one that was made; one of which nothing was noted yet is noted now. */
async function isKnown(
  site: Site,
  name: string,
  ledger: Pick<ClusterLedger, 'identity' | 'identify'>,
): Promise<boolean> {
  const found = await identityOf(site, name);
  const known = ledger.identity();
  if (known === undefined && found) ledger.identify(found);
  return known === undefined || known === found;
}

/** The id of the container that the control plane runs in, also when it stands still; empty: there is none. */
async function identityOf(site: Site, name: string): Promise<string> {
  const filters = [`label=io.x-k8s.kind.cluster=${name}`, 'label=io.x-k8s.kind.role=control-plane'];
  const args = ['ps', '--all', '--no-trunc', ...filters.flatMap((each) => ['--filter', each]), '--format', '{{.ID}}'];
  const ids = await callAt(site, { program: 'docker', args, hint: engineHint });
  return ids.trim().split('\n')[0] ?? '';
}

async function stoppedNodes(site: Site, name: string): Promise<string[]> {
  const args = ['ps', '--all', '--filter', `label=io.x-k8s.kind.cluster=${name}`, '--format', '{{.Names}} {{.State}}'];
  const text = await callAt(site, { program: 'docker', args, hint: engineHint });
  return text
    .split('\n')
    .map((line) => line.split(' '))
    .flatMap(([node, state]) => (node && state !== 'running' ? [node] : []));
}

/** After a restart of the machine the containers are there and stand still. */
async function start(site: Site, name: string): Promise<string> {
  const nodes = await stoppedNodes(site, name);
  await callAt(site, { program: 'docker', args: ['start', ...nodes], hint: 'Type: parley down, then parley up' });
  await exportKubeconfig(site, name);
  await untilAnswers(site, name);
  return `kind ${name}, its containers started again`;
}

async function exportKubeconfig(site: Site, name: string): Promise<void> {
  const args = ['export', 'kubeconfig', '--name', name, '--kubeconfig', site.kubeconfig];
  await callAt(site, { program: 'kind', args, hint: 'Type: parley down, then parley up' });
}

function untilAnswers(site: Site, name: string): Promise<void> {
  const ref = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'kube-system' } };
  const look = async () => {
    try {
      return (await (await site.openObjects()).read(ref)) ? undefined : 'it has no Namespace kube-system';
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  };
  return until(
    site,
    answerMs,
    look,
    (missing) =>
      new InstallError('ClusterSilent', `the API server of kind ${name} does not answer: ${missing}`, {
        hint: 'Type: parley down, then parley up',
      }),
  );
}

async function create(
  site: Site,
  options: KindClusterOptions,
  ledger: ClusterLedger,
  say: (text: string) => void,
): Promise<void> {
  const { name } = options;
  rmSync(site.kubeconfig, { force: true });
  ledger.begin('cluster');
  const config = configFile(site, options);
  const place = ['--name', name, '--config', config, '--kubeconfig', site.kubeconfig];
  await callAt(site, {
    program: 'kind',
    args: ['create', 'cluster', ...place, '--wait', `${answerMs / 1000}s`],
    hint: 'Type: parley check, parley up   (ports that are taken: PARLEY_HTTP_PORT, PARLEY_HTTPS_PORT)',
    onLine: (line) => say(line.replace(/^[^\w]+|[^\w]+$/g, '')),
  }).catch((error: unknown) => {
    if (!(error instanceof InstallError && alreadyThere.test(String(error.cause)))) throw error;
    ledger.forget('cluster');
    throw clusterOfOthers(name);
  });
  ledger.identify(await identityOf(site, name));
  ledger.finish('cluster');
}

/** What kind says when another call made a cluster of the name since the last look: `begun` would let `down` delete it. */
const alreadyThere = /node\(s\) already exist for a cluster with the name/;

function clusterOfOthers(name: string): InstallError {
  return new InstallError(
    'ClusterOfOthers',
    `there is a kind cluster \`${name}\` that this state folder did not make`,
    {
      hint: `Type: PARLEY_CLUSTER=${name}-2 parley up --target kind   (or, to lose it: kind delete cluster --name ${name})`,
    },
  );
}

/** The file in the clone when it says what is wanted, else one in the state folder. */
function configFile(site: Site, options: KindClusterOptions): string {
  const { name, ports, repo } = options;
  if (name === defaultClusterName && ports.http === 7080 && ports.https === 7443) return join(repo, 'kind-config.yaml');
  const file = join(site.home, 'kind-config.yaml');
  mkdirSync(site.home, { recursive: true, mode: 0o700 });
  writeFileSync(file, kindConfigYaml({ name, ports }));
  return file;
}

/**
 * Deletes the cluster that was made, with everything in it; one that is not there is no error. Throws InstallError `ClusterOfOthers`, and
 * forgets the one that was made, when another has its name now.
 */
export async function endKindCluster(site: Site, name: string, ledger: ClusterLedger): Promise<void> {
  const known = ledger.identity();
  const found = known === undefined ? undefined : await identityOf(site, name);
  if (!found || found === known) return deleteKindCluster(site, name);
  rmSync(site.kubeconfig, { force: true });
  ledger.forget('cluster');
  throw clusterOfOthers(name);
}

/** Deletes the cluster with everything in it; one that is not there is no error. */
async function deleteKindCluster(site: Site, name: string): Promise<void> {
  const args = ['delete', 'cluster', '--name', name, '--kubeconfig', site.kubeconfig];
  await callAt(site, { program: 'kind', args, hint: `Type: docker ps --all, kind delete cluster --name ${name}` });
  rmSync(site.kubeconfig, { force: true });
}
