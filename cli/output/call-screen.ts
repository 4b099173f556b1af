import type { CallReport } from '../conversations/conversation.ts';
import type { Colors } from './color.ts';

/** One call as `parley try` prints it. */
export function callScreen({ method, ok, said, path, traceId, error }: CallReport, colors: Colors): string {
  const mark = ok ? colors.green('√') : colors.red('×');
  const lines = [
    `${mark} ${colors.bold(method)}  ${path.join(' -> ')}`,
    ...said.map(({ from, text }) => `  ${from === '>' ? colors.cyan(from) : colors.yellow(from)} ${text}`),
    ...(error ? [`  ${colors.red('failed:')} ${error}`] : []),
    `  trace ${traceId}`,
  ];
  return `${lines.join('\n')}\n\n`;
}
