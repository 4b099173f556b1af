import type { Clock } from '../../verify/load/clock.ts';
import type { Sink } from '../command.ts';
import { formatDuration } from '../duration.ts';
import { colorsFor, isSmartTerminal } from './color.ts';

/** Steps of a longer command, on stderr: one line a step; a spinner in front of the running one on a smart terminal. */
export interface Progress {
  /** Runs `work` as a step; `say` changes what the running line says. The step's result may name what it found. */
  step<T>(title: string, work: (say: (detail: string) => void) => Promise<T>, done?: (result: T) => string): Promise<T>;
  note(text: string): void;
}

const frames = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const frameMs = 100;

export function createProgress(sink: Sink, env: Readonly<Record<string, string | undefined>>, clock: Clock): Progress {
  const colors = colorsFor(sink, env);
  const smart = isSmartTerminal(sink, env);
  const line = (mark: string, text: string, startedAt: number) =>
    sink.write(`${mark} ${text} ${colors.dim(`(${formatDuration(clock.now() - startedAt)})`)}\n`);

  return {
    note: (text) => {
      sink.write(`  ${text}\n`);
    },
    async step(title, work, done) {
      const startedAt = clock.now();
      const running = smart ? spin(sink, title) : undefined;
      try {
        const result = await work((detail) => running?.say(`${title}: ${detail}`));
        running?.clear();
        line(colors.green('•'), done ? `${title}: ${done(result)}` : title, startedAt);
        return result;
      } catch (error) {
        running?.clear();
        line(colors.red('×'), title, startedAt);
        throw error;
      }
    },
  };
}

function spin(sink: Sink, title: string): { say(text: string): void; clear(): void } {
  let text = title;
  let frame = 0;
  const draw = () => {
    const room = (sink.columns ?? 80) - 3;
    sink.write(`\r\u001b[2K${frames[frame++ % frames.length]} ${text.slice(0, room)}`);
  };
  draw();
  const timer = setInterval(draw, frameMs);
  timer.unref();
  return {
    say: (next) => {
      text = next;
    },
    clear: () => {
      clearInterval(timer);
      sink.write('\r\u001b[2K');
    },
  };
}
