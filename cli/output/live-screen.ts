import type { Sink } from '../command.ts';
import { isSmartTerminal } from './color.ts';

/** A part of the terminal that is drawn again in its place. What is drawn last stays; nothing has to be restored. */
export interface LiveScreen {
  readonly width: number;
  draw(frame: string): void;
}

const defaultWidth = 100;
const [eraseLine, eraseBelow, eraseAll] = ['\u001b[K', '\u001b[J', '\u001b[2J\u001b[H'];

/** Width of what is written to, for people. */
export function widthOf(sink: Sink): number {
  return sink.columns ?? defaultWidth;
}

/** Undefined where nothing can be drawn again: a pipe, a dumb terminal. */
export function liveScreen(sink: Sink, env: Readonly<Record<string, string | undefined>>): LiveScreen | undefined {
  if (!isSmartTerminal(sink, env)) return undefined;
  let before = { frame: '', lines: 0, width: widthOf(sink) };
  return {
    get width() {
      return widthOf(sink);
    },
    draw(frame) {
      const width = widthOf(sink);
      const room = (sink.rows ?? Number.POSITIVE_INFINITY) - 1;
      const lines = frame.replace(/\n$/, '').split('\n').slice(0, Math.max(1, room));
      if (frame === before.frame && width === before.width) return;
      // A terminal that changed its width has broken the old lines anew: nobody knows where they are.
      const back = width === before.width ? (before.lines > 0 ? `\u001b[${before.lines}A\r` : '') : eraseAll;
      sink.write(`${back}${lines.map((line) => `${line}${eraseLine}\n`).join('')}${eraseBelow}`);
      before = { frame, lines: lines.length, width };
    },
  };
}
