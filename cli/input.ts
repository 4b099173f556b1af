import { readFile } from 'node:fs/promises';
import type { CommandContext } from './command.ts';
import { usageFailure } from './failure.ts';

/** Text of a file that an option names; `-` is stdin. Throws a usage failure when it cannot be read. */
export async function readInput(
  { stdin }: Pick<CommandContext, 'stdin'>,
  option: string,
  file: string,
): Promise<string> {
  if (file !== '-') {
    return readFile(file, 'utf8').catch((cause) => {
      throw usageFailure(
        `${option} ${file}: cannot be read (${cause.code ?? cause.message}).`,
        'Name a file, or `-` for stdin.',
      );
    });
  }
  const chunks: Buffer[] = [];
  for await (const chunk of stdin) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString('utf8');
}
