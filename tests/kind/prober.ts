import type { Commands } from '../commands.ts';
import { eventually } from '../eventually.ts';
import { podOf } from '../pods.ts';
import type { Target } from '../probe.ts';
import type { Door, Prober } from '../prober.ts';
import { nobody, openOutsider } from './outsider.ts';

/**
 * Knocks from a Pod without a sidecar that carries the label of the caller: the NetworkPolicies let it through, so that it is
 * mutual TLS and the mesh's policy that refuse. The inbound capture of Istio takes what comes to the application's port.
 */
export async function openKindProber(commands: Commands): Promise<Prober> {
  const outsider = await openOutsider(commands, { name: 'prober', namespace: 'exchange' });
  let appearsAs: string | undefined;
  return {
    knock: async (door, from, callers) => {
      const target = await targetOf(commands, door);
      if (appearsAs !== from) {
        await outsider.appearAs(from);
        appearsAs = from;
      }
      await eventually(
        `the network lets ${from} through to ${door.provider}`,
        20_000,
        () => outsider.probe({ target, protocol: door.protocol, callers: nobody }),
        ([verdict]) => verdict?.outcome !== 'unreachable',
      );
      return outsider.probe({ target, protocol: door.protocol, callers });
    },
    close: () => outsider.close(),
  };
}

/** A port of the one Pod of a provider. */
export async function targetOf(
  commands: Commands,
  { provider, port }: Pick<Door, 'provider' | 'port'>,
): Promise<Target> {
  const { status } = await podOf(commands, provider);
  if (!status?.podIP) throw new Error(`${provider} has no address`);
  return { ip: status.podIP, port, serverName: `${provider}.exchange.svc.cluster.local`, tcpProtocol: 'istio' };
}
