import { Agent, get } from 'node:http';

/** Calls at a steady rate, retries off, and says every 100 ms how many answers came from which release: one line of JSON each. */
const { TARGET = '', RATE = '100' } = process.env;
const agent = new Agent({ keepAlive: true, maxSockets: 16 });
let seen = new Map();

function count(release, failed) {
  const counts = seen.get(release) ?? { ok: 0, failed: 0 };
  counts[failed ? 'failed' : 'ok'] += 1;
  seen.set(release, counts);
}

setInterval(() => {
  const request = get(TARGET, { agent, timeout: 5000 }, (answer) => {
    answer.resume().on('end', () => count(answer.headers['x-release'] ?? 'none', answer.statusCode !== 200));
  });
  request.on('timeout', () => request.destroy(new Error('no answer')));
  request.on('error', () => count('none', true));
}, 1000 / Number(RATE));

setInterval(() => {
  const at = Date.now();
  for (const [release, counts] of seen) process.stdout.write(`${JSON.stringify({ at, release, ...counts })}\n`);
  seen = new Map();
}, 100);
