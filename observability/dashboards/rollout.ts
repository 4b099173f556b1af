import { sumBy } from '../../mesh/promql.ts';
import type { Board } from './frame.ts';
import { figure, lines, type PanelBuilder, rows } from './panel.ts';
import { ofEdges, ofServices } from './queries.ts';

const release = '{{destination}} {{release}}';
const ofRelease = ['service', 'release'];

/** How a new release does beside the one before it. */
export function rollout(): Board {
  return {
    uid: 'parley-rollout',
    title: 'Rollout',
    description: 'Shares, failures and latency of the releases of a service, side by side.',
    variables: { series: 'parley:requests:rate1m', serviceLabel: 'destination' },
    annotations: [
      {
        name: 'Releases',
        expr: `${sumBy(ofRelease, `up{${ofServices}, release!=""}`)} unless ${sumBy(ofRelease, `up{${ofServices}} offset 1m`)}`,
        title: '{{service}} {{release}} appears',
        color: 'blue',
      },
      {
        name: 'Steps',
        expr: `delta(parley_rollout_step{${ofServices}}[1m]) > 0`,
        title: '{{service}} {{release}}: next step',
        color: 'purple',
      },
      {
        name: 'Failures',
        expr: `parley_rollout_verdict{${ofServices}} < 0`,
        title: '{{service}} {{release}} fails',
        color: 'red',
      },
    ],
    rows: [
      { title: 'Traffic', panels: traffic() },
      { title: 'Releases side by side', panels: releases() },
      { title: 'Who still uses what', panels: contracts() },
    ],
  };
}

function traffic(): PanelBuilder[] {
  return [
    lines({
      title: 'Share of calls',
      description: 'Where the calls went in fact. It follows the weights with a minute of delay.',
      unit: 'percentunit',
      queries: [{ expr: `parley:release_share:ratio1m{${ofEdges}}`, legend: release }],
    }),
    lines({
      title: 'Weights',
      description: 'Where the calls should go: the weights of the route.',
      unit: 'percentunit',
      queries: [
        {
          expr: `parley_route_weight{${ofServices}} / on (namespace, service) group_left () ${sumBy(['namespace', 'service'], `parley_route_weight{${ofServices}}`)}`,
          legend: '{{service}} {{release}}',
        },
      ],
    }),
    figure({
      title: 'Verdict',
      description: '1: pass, 0: inconclusive, -1: fail. No data is inconclusive.',
      unit: 'none',
      width: 24,
      queries: [{ expr: `parley_rollout_verdict{${ofServices}}`, legend: '{{service}} {{release}}' }],
    }),
  ];
}

function releases(): PanelBuilder[] {
  return [
    lines({
      title: 'Failures per release',
      description: 'Share of calls that failed, as callers see it.',
      unit: 'percentunit',
      queries: [{ expr: `1 - parley:release_success:ratio1m{${ofEdges}}`, legend: release }],
    }),
    lines({
      title: 'Failures per release, by its own account',
      description: 'Share of requests that failed as the service counts them, whatever the status of the answer.',
      unit: 'percentunit',
      queries: [{ expr: `1 - parley:service_success:ratio1m{${ofServices}}`, legend: '{{service}} {{release}}' }],
    }),
    ...[50, 95, 99].map((percent) =>
      lines({
        title: `Latency per release, p${percent}`,
        description: 'Over all callers, as they see it.',
        unit: 'ms',
        width: 8,
        queries: [{ expr: `parley:release_latency_ms:p${percent}{${ofEdges}}`, legend: `${release} {{protocol}}` }],
      }),
    ),
    rows({
      title: 'Releases now',
      description: 'One row for each release that is called.',
      unit: 'short',
      queries: [
        { expr: `parley:release_share:ratio1m{${ofEdges}}`, legend: 'share', instant: true },
        { expr: `parley:release_success:ratio1m{${ofEdges}}`, legend: 'success', instant: true },
        {
          expr: sumBy(['namespace', 'destination', 'release'], `parley:requests:rate1m{${ofEdges}}`),
          legend: 'calls per second',
          instant: true,
        },
      ],
    }),
  ];
}

/** A contract may go when nobody calls by it any more. */
function contracts(): PanelBuilder[] {
  return [
    lines({
      title: 'Calls by contract and caller',
      description: 'A release may drop a contract when its line is at zero for every caller.',
      unit: 'reqps',
      queries: [
        {
          expr: sumBy(['service', 'contract', 'caller'], `parley:service_requests:rate1m{${ofServices}}`),
          legend: '{{caller}} -> {{service}} {{contract}}',
        },
      ],
    }),
    lines({
      title: 'Fallbacks to the older contract',
      description: 'Calls that took the older contract because the provider did not serve the newer one, by caller.',
      unit: 'reqps',
      queries: [
        {
          expr: sumBy(
            ['service', 'release', 'provider', 'contract'],
            'parley:contract_fallbacks:rate1m{namespace=~"$namespace"}',
          ),
          legend: '{{service}} {{release}} -> {{provider}} {{contract}}',
        },
      ],
    }),
  ];
}
