import type { ObservabilityPart } from './names.ts';

/** Parts that are of no use without another. */
const needs: Readonly<Partial<Record<ObservabilityPart, ObservabilityPart>>> = {
  jaeger: 'collector',
  grafana: 'prometheus',
};

/** A choice of parts in which one lacks what it shows. */
export class PartsError extends Error {
  readonly code = 'ObservabilityParts';
  readonly hint: string;

  constructor(part: ObservabilityPart, needed: ObservabilityPart) {
    super(`observability: \`${part}\` was chosen without \`${needed}\`, from which it gets everything that it shows`);
    this.name = 'PartsError';
    this.hint = `choose \`${needed}\` too (--observability ${needed},${part}), or leave \`${part}\` out`;
  }
}

/** Throws {@link PartsError} for the first part whose source is left out. */
export function assertParts(parts: readonly ObservabilityPart[]): void {
  for (const part of parts) {
    const needed = needs[part];
    if (needed !== undefined && !parts.includes(needed)) throw new PartsError(part, needed);
  }
}
