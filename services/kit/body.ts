import type { IncomingMessage } from 'node:http';
import { Problem } from './problem.ts';

/** Reads a whole request body of at most `mostBytes`. @throws Problem 413 */
export async function readBody(request: IncomingMessage, mostBytes: number): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    const bytes: Buffer = Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk));
    size += bytes.length;
    if (size > mostBytes) {
      throw new Problem(413, 'body-too-large', `the body is larger than ${mostBytes} bytes`, 'send less', {
        connection: 'close',
      });
    }
    chunks.push(bytes);
  }
  return Buffer.concat(chunks).toString();
}
