import type { Effect } from './effect.ts';
import { gateToAsk } from './gating.ts';
import type { Observation } from './observation.ts';
import { type Pair, unreadyFor } from './readiness.ts';
import { trafficBack } from './reverting.ts';
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
      return route(state, trafficBack(state), observation);
  }
}

/** Also where somebody else has written other weights meanwhile; never towards a release without ready Pods. */
function route({ stable, candidate }: Pair, traffic: Traffic, observation: Observation): readonly Effect[] {
  const { routed } = observation;
  if (!routed || routed.isAt(stable, candidate, traffic)) return [];
  if (unreadyFor(observation, { stable, candidate }, traffic) !== undefined) return [];
  return [{ do: 'route', stable, candidate, traffic }];
}

function watch({ stable, candidate }: Pair): Effect {
  return { do: 'watch', stable, candidate };
}
