import type { Check, CheckOutcome, CheckResult } from '../checks.ts';
import type { Colors } from './color.ts';

export interface CheckedRow {
  readonly check: Pick<Check, 'category' | 'description'>;
  readonly outcome: CheckOutcome;
}

const marks = { success: '√', warning: '‼', error: '×' } as const;

/** What `parley check` prints for people: rows by category, then one line that says how it stands. */
export function checkScreen(rows: readonly CheckedRow[], colors: Colors): string {
  const paint: Record<CheckResult, (text: string) => string> = {
    success: colors.green,
    warning: colors.yellow,
    error: colors.red,
  };
  const sections = [...Map.groupBy(rows, ({ check }) => check.category)].map(([category, group]) => {
    const lines = group.map(({ check: { description }, outcome }) => {
      const mark = paint[outcome.result](marks[outcome.result]);
      const hint = outcome.hint ? `\n    ${outcome.hint}` : '';
      return `${mark} ${description}: ${outcome.found}${hint}\n`;
    });
    return `${colors.bold(category)}\n${lines.join('')}`;
  });
  return `${sections.join('\n')}\n${verdict(rows)}\n`;
}

function verdict(rows: readonly CheckedRow[]): string {
  const count = (result: CheckResult) => rows.filter(({ outcome }) => outcome.result === result).length;
  const [errors, warnings] = [count('error'), count('warning')];
  if (errors > 0) return `× ${errors} of ${rows.length} checks failed`;
  return warnings > 0 ? `‼ ready, with ${warnings} warning${warnings === 1 ? '' : 's'}` : '√ ready: type parley up';
}
