import type { Effect } from './effect.ts';
import { gateToAsk } from './gating.ts';
import type { Observation, Routed } from './observation.ts';
import { type Pair, unreadyFor } from './readiness.ts';
import { trafficBackNow } from './reverting.ts';
import { shiftWaitsFor } from './shifting.ts';
import type { State } from './state.ts';
import type { Traffic } from './traffic.ts';

/** What is to be done in this state, as far as the observation does not show that it is so already. */
export function effectsOf(state: State, observation: Observation): readonly Effect[] {
  const { plan } = observation;
  switch (state.phase) {
    case 'Idle':
    case 'Ended':
      return [];
    case 'Gating': {
      const gate = plan && gateToAsk(state, plan);
      return gate ? [{ do: 'ask', gate, candidate: state.candidate }] : [];
    }
    case 'Shifting': {
      const held = plan === undefined || shiftWaitsFor(state, plan, observation) !== undefined;
      return [...(held ? [] : route(state, state.traffic, observation)), ...(state.forced ? [] : [watch(state)])];
    }
    case 'Analysing':
      return [
        ...route(state, state.traffic, observation),
        watch(state),
        ...(state.driving ? [{ do: 'drive', candidate: state.candidate } as const] : []),
      ];
    case 'Reverting':
      return route(state, trafficBackNow(state, observation), observation);
  }
}

/** Also where somebody else has written other weights meanwhile; never towards a release without ready Pods. */
function route({ stable, candidate }: Pair, traffic: Traffic, observation: Observation): readonly Effect[] {
  const { routed } = observation;
  if (!routed || routed.isAt(stable, candidate, traffic)) return [];
  const onlyPods = traffic.replicas !== undefined && shareOf(routed, candidate) === traffic.weight;
  if (!onlyPods && unreadyFor(observation, { stable, candidate }, traffic) !== undefined) return [];
  return [{ do: 'route', stable, candidate, traffic }];
}

/** Percent that the routes give to the release now. */
function shareOf({ weights }: Routed, release: string): number {
  const total = Object.values(weights).reduce((sum, weight) => sum + weight, 0);
  return total === 0 ? 0 : (100 * (weights[release] ?? 0)) / total;
}

function watch({ stable, candidate }: Pair): Effect {
  return { do: 'watch', stable, candidate };
}
