import { createColors } from 'picocolors';
import type { Sink } from '../command.ts';
import { usageFailure } from '../failure.ts';

export type Colors = ReturnType<typeof createColors>;

export const colorModes = ['auto', 'always', 'never'] as const;

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Whether to colour what goes to `sink`: --color first, then NO_COLOR (https://no-color.org), FORCE_COLOR, TERM=dumb,
 * and last whether it is a terminal.
 */
export function wantsColor(sink: Sink, env: Environment): boolean {
  const mode = env.PARLEY_COLOR ?? 'auto';
  if (mode === 'always') return true;
  if (mode === 'never') return false;
  if (mode !== 'auto') throw usageFailure(`--color ${mode}: unknown.`, `Known: ${colorModes.join(', ')}.`);
  if (env.NO_COLOR) return false;
  if (env.FORCE_COLOR !== undefined) return env.FORCE_COLOR !== '0' && env.FORCE_COLOR !== 'false';
  return isSmartTerminal(sink, env);
}

/** A terminal on which a line can be drawn again. */
export function isSmartTerminal(sink: Sink, env: Environment): boolean {
  return sink.isTTY === true && env.TERM !== 'dumb' && env.CI === undefined;
}

/** Colour functions for `sink`; the identity where colour is not wanted. */
export function colorsFor(sink: Sink, env: Environment): Colors {
  return createColors(wantsColor(sink, env));
}
