import type { MeshName } from '../../mesh/intent.ts';
import type { Commands } from '../commands.ts';

/** A seeded fault: whoever comes without a certificate may call accounts. `mend` takes it back. */
export interface Widening {
  widen(commands: Commands): Promise<void>;
  mend(commands: Commands): Promise<void>;
}

const name = 'accounts-from-anyone';
const selector = { matchLabels: { 'app.kubernetes.io/name': 'accounts' } };

/** In Istio's objects: mutual TLS is optional for the whole namespace, and a policy asks for nobody. */
const istio: Widening = {
  widen: async (commands) => {
    await mutualTls(commands, 'PERMISSIVE');
    await create(commands, {
      apiVersion: 'security.istio.io/v1',
      kind: 'AuthorizationPolicy',
      metadata: { name },
      spec: { selector, action: 'ALLOW', rules: [{}] },
    });
  },
  mend: async (commands) => {
    await mutualTls(commands, 'STRICT');
    await commands.kubectl('delete', 'authorizationpolicies.security.istio.io', name);
  },
};

/** In Linkerd's: a policy of the Server that a network, not an identity, satisfies. */
const linkerd: Widening = {
  widen: async (commands) => {
    const policy = { apiVersion: 'policy.linkerd.io/v1alpha1', metadata: { name } };
    const spec = { networks: [{ cidr: '0.0.0.0/0' }] };
    await create(commands, { ...policy, kind: 'NetworkAuthentication', spec });
    await create(commands, {
      ...policy,
      kind: 'AuthorizationPolicy',
      spec: {
        targetRef: { group: 'policy.linkerd.io', kind: 'Server', name: 'accounts' },
        requiredAuthenticationRefs: [{ group: 'policy.linkerd.io', kind: 'NetworkAuthentication', name }],
      },
    });
  },
  mend: async (commands) => {
    const kinds = ['authorizationpolicies.policy.linkerd.io', 'networkauthentications.policy.linkerd.io'];
    for (const kind of kinds) await commands.kubectl('delete', kind, name);
  },
};

/** By mesh. */
export const widenings: Readonly<Record<MeshName, Widening>> = { istio, linkerd };

async function mutualTls(commands: Commands, mode: 'STRICT' | 'PERMISSIVE'): Promise<void> {
  const patch = JSON.stringify({ spec: { mtls: { mode } } });
  await commands.kubectl('patch', 'peerauthentication', 'default', '--type=merge', '-p', patch);
}

async function create(commands: Commands, object: object): Promise<void> {
  const created = await commands.attemptKubectl(['create', '-f', '-'], JSON.stringify(object));
  if (created.code !== 0) throw new Error(created.stderr);
}
