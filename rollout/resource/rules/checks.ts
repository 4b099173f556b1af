import { bodyCounter } from '../../core/check.ts';
import { defaults } from '../defaults.ts';
import { parseDurationMs, percentNumber } from '../quantities.ts';
import type { CheckSpec, Percent } from '../rollout.ts';
import { type Rule, rulesAt } from '../rule.ts';
import { exactlyOne } from './strategy.ts';

/** The members of a check beside its name, of which one is written. */
const checkKinds = ['errorRate', 'latency', 'body', 'counter', 'gauge'] as const;

/** CEL: the number of a percent field, or of its default where it is not written. */
const percentOf = (field: string, absent: Percent): string => {
  const value = (text: string) => `double(${text}.replace('%', ''))`;
  const number = absent.slice(0, -1);
  return `(has(self.${field}) ? ${value(`self.${field}`)} : ${number.includes('.') ? number : `${number}.0`})`;
};

type Shares = NonNullable<CheckSpec['errorRate']>;

const goodBelowBad = (absent: Required<Shares>): Rule<Shares> => {
  const good = percentOf('good', absent.good);
  const bad = percentOf('bad', absent.bad);
  return {
    cel: `0.0 < ${good} && ${good} < ${bad} && ${bad} < 100.0`,
    message: `good must be above 0% and below bad, and bad below 100%; where one is not written, good is ${absent.good} and bad is ${absent.bad}`,
    holds: (shares) => {
      const { good, bad } = { ...absent, ...shares };
      return 0 < percentNumber(good) && percentNumber(good) < percentNumber(bad) && percentNumber(bad) < 100;
    },
  };
};

type Latency = NonNullable<CheckSpec['latency']>;
const { latency } = defaults;
const quantile = percentOf('quantile', latency.quantile);
const bad = percentOf('bad', latency.bad);

/** 100 percent and less than the last digit of a share: what two shares come to is not exact. */
const justOver = 100.0000005;

const latencyRules: readonly Rule<Latency>[] = [
  {
    cel: `${quantile} < 100.0 && ${quantile} + ${bad} > ${justOver} && ${bad} < 100.0`,
    message: `quantile must be below 100%, and bad above what the quantile leaves and below 100%: of 95% that is more than 5%; where one is not written, quantile is ${latency.quantile} and bad is ${latency.bad}`,
    holds: (self) => {
      const quantile = percentNumber(self.quantile ?? latency.quantile);
      const bad = percentNumber(self.bad ?? latency.bad);
      return quantile < 100 && quantile + bad > justOver && bad < 100;
    },
  },
  {
    cel: '!(has(self.limit) && has(self.ratio))',
    message: 'must have limit or ratio, not both: a limit is absolute, a ratio is of the stable release',
    holds: ({ limit, ratio }) => limit === undefined || ratio === undefined,
  },
  {
    cel: `${percentOf('ratio', latency.ratio)} >= 100.0`,
    message: 'must be at least 100%: 150% is one and a half times the latency of the stable release',
    fieldPath: '.ratio',
    holds: ({ ratio }) => percentNumber(ratio ?? latency.ratio) >= 100,
  },
  {
    cel: "!has(self.limit) || duration(self.limit) > duration('0s')",
    message: 'must be above 0s; write for example 250ms',
    fieldPath: '.limit',
    holds: ({ limit }) => limit === undefined || parseDurationMs(limit) > 0,
  },
];

export const checkRules = [
  rulesAt<CheckSpec>('spec.checks[]', [
    {
      cel: exactlyOne(checkKinds),
      message: `must have exactly one of ${checkKinds.join(', ')} beside its name`,
      holds: (check) => checkKinds.filter((kind) => check[kind] !== undefined).length === 1,
    },
  ]),
  rulesAt<Shares>('spec.checks[].errorRate', [goodBelowBad(defaults.errorRate)]),
  rulesAt<Shares>('spec.checks[].body', [goodBelowBad(defaults.body)]),
  rulesAt<NonNullable<CheckSpec['counter']>>('spec.checks[].counter', [
    goodBelowBad(defaults.counter),
    {
      cel: `self.name != '${bodyCounter}'`,
      message: `${bodyCounter} is the counter of body checks; write body instead of counter`,
      fieldPath: '.name',
      holds: ({ name }) => name !== bodyCounter,
    },
  ]),
  rulesAt<Latency>('spec.checks[].latency', latencyRules),
];
