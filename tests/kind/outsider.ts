import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Deployment } from 'kubernetes-types/apps/v1.js';
import type { ConfigMap, Pod } from 'kubernetes-types/core/v1.js';
import type { Commands } from '../commands.ts';
import type { Caller, Verdict } from '../probe.ts';
import type { Knock } from '../probe-stdin.ts';

const script = 'probe-stdin.ts';
const folder = '/probe';
const user = 10_001;

/** A Pod outside the mesh, from which the probe of the refusal matrix is run. */
export interface Outsider {
  /** Takes the labels of another service, so that the NetworkPolicies see its packets as that service's. */
  appearAs(service: string): Promise<void>;
  /** Runs the probe in the Pod; verdicts in the order of the callers. */
  probe(knock: Knock): Promise<readonly Verdict[]>;
  close(): Promise<void>;
}

export interface OutsiderOptions {
  readonly name: string;
  readonly namespace: string;
  /** `app.kubernetes.io/name` to begin with; absent: the Pod carries no label of the exchange. */
  readonly as?: string;
}

/** Starts one from the image of a release, which is there anyway. */
export async function openOutsider(commands: Commands, options: OutsiderOptions): Promise<Outsider> {
  const { name, namespace } = options;
  const deployment = await commands.get<Deployment>('deployment', 'accounts-1-4-0');
  const image = deployment.spec?.template.spec?.containers.find((each) => each.name === 'accounts')?.image;
  if (!image) throw new Error('Deployment accounts-1-4-0 names no image of a container `accounts`');
  const place = ['-n', namespace];
  for (const object of [configMapOf(options), podOf(options, image)]) {
    const applied = await commands.attemptKubectl([...place, 'apply', '-f', '-'], JSON.stringify(object));
    if (applied.code !== 0) throw new Error(applied.stderr);
  }
  await commands.kubectl(...place, 'wait', '--for=condition=ContainersReady', `pod/${name}`, '--timeout=60s');
  return {
    appearAs: async (service) => {
      await commands.kubectl(...place, 'label', 'pod', name, '--overwrite', `app.kubernetes.io/name=${service}`);
    },
    probe: async (knock) => {
      const line = [...place, 'exec', '-i', name, '--', 'node', `${folder}/${script}`];
      const finished = await commands.attemptKubectl(line, JSON.stringify(knock));
      if (finished.code !== 0) throw new Error(`the probe in Pod ${name} failed: ${finished.stderr}`);
      return JSON.parse(finished.stdout) as Verdict[];
    },
    close: async () => {
      await commands.kubectl(...place, 'delete', 'pod', name, '--grace-period=1', '--ignore-not-found');
      await commands.kubectl(...place, 'delete', 'configmap', name, '--ignore-not-found');
    },
  };
}

/** For a probe that only asks whether there is a way through. */
export const nobody: readonly Caller[] = ['plaintext'];

function configMapOf({ name }: OutsiderOptions): ConfigMap {
  const files = ['probe.ts', script];
  const text = (file: string) => readFileSync(join(import.meta.dirname, '..', file), 'utf8');
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name },
    data: Object.fromEntries(files.map((file) => [file, text(file)])),
  };
}

/** Never ready, by a gate that nobody opens: whatever its labels say, no Service sends requests to it. */
function podOf({ name, as }: OutsiderOptions, image: string): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      labels: { 'sidecar.istio.io/inject': 'false', ...(as ? { 'app.kubernetes.io/name': as } : {}) },
      annotations: { 'linkerd.io/inject': 'disabled' },
    },
    spec: {
      readinessGates: [{ conditionType: 'parley.dev/never' }],
      automountServiceAccountToken: false,
      terminationGracePeriodSeconds: 1,
      securityContext: { runAsNonRoot: true, runAsUser: user, seccompProfile: { type: 'RuntimeDefault' } },
      containers: [
        {
          name: 'probe',
          image,
          imagePullPolicy: 'IfNotPresent',
          command: ['node', '-e', 'setInterval(() => {}, 1000)'],
          resources: { requests: { cpu: '10m', memory: '48Mi' }, limits: { cpu: '1', memory: '256Mi' } },
          securityContext: {
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            runAsNonRoot: true,
            capabilities: { drop: ['ALL'] },
          },
          volumeMounts: [{ name: 'probe', mountPath: folder }],
        },
      ],
      volumes: [{ name: 'probe', configMap: { name } }],
    },
  };
}
