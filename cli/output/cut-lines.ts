import { stripVTControlCharacters } from 'node:util';

const codeStart = '\u001b';

/** Every line of a screen cut to a width, with `…` in the last place; colour codes take no room and are ended. */
export function cutLines(screen: string, width: number): string {
  return screen
    .split('\n')
    .map((line) => (widthOf(line) <= width ? line : cut(line, width)))
    .join('\n');
}

function cut(line: string, width: number): string {
  let shown = '';
  let taken = 0;
  let inCode = false;
  for (const char of line) {
    inCode ||= char === codeStart;
    if (!inCode && taken === width - 1) break;
    if (!inCode) taken += 1;
    shown += char;
    if (/[A-Za-z]/.test(char)) inCode = false;
  }
  return `${shown}…${shown.includes(codeStart) ? `${codeStart}[0m` : ''}`;
}

function widthOf(text: string): number {
  return [...stripVTControlCharacters(text)].length;
}
