import { expect, test } from 'vitest';
import { cutLines } from './cut-lines.ts';
import { liveScreen } from './live-screen.ts';

function terminal(columns = 80, rows = 24) {
  const written: string[] = [];
  const sink = { isTTY: true, columns, rows, write: (text: string) => written.push(text) };
  return { sink, written };
}

test('nothing is drawn again where that cannot be', () => {
  const { sink } = terminal();
  expect(liveScreen({ ...sink, isTTY: false }, {})).toBeUndefined();
  expect(liveScreen(sink, { TERM: 'dumb' })).toBeUndefined();
  expect(liveScreen(sink, { CI: '1' })).toBeUndefined();
});

test('a frame is drawn over the one before, and the same one not at all', () => {
  const { sink, written } = terminal();
  const screen = liveScreen(sink, {});
  screen?.draw('one\ntwo\n');
  screen?.draw('one\ntwo\n');
  screen?.draw('three\n');
  expect(written).toEqual(['one\u001b[K\ntwo\u001b[K\n\u001b[J', '\u001b[2A\rthree\u001b[K\n\u001b[J']);
});

test('a frame is never taller than the terminal, and one that was made anew is cleared', () => {
  const { sink, written } = terminal(80, 3);
  const screen = liveScreen(sink, {});
  screen?.draw('1\n2\n3\n4\n');
  expect(written.at(-1)).toBe('1\u001b[K\n2\u001b[K\n\u001b[J');
  sink.columns = 40;
  screen?.draw('1\n2\n3\n4\n');
  expect(written.at(-1)?.startsWith('\u001b[2J\u001b[H1')).toBe(true);
});

test('lines are cut by what is seen of them, and colours end', () => {
  expect(cutLines('abcdef\nab', 4)).toBe('abc…\nab');
  expect(cutLines('\u001b[31mabcdef\u001b[39m', 4)).toBe('\u001b[31mabc…\u001b[0m');
  expect(cutLines('\u001b[31mabcd\u001b[39m', 4)).toBe('\u001b[31mabcd\u001b[39m');
});
