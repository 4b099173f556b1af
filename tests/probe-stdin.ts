import { type Caller, type Protocol, probe, type Target } from './probe.ts';

/** What the program reads from stdin, as JSON; it writes the verdicts to stdout, in the order of the callers. */
export interface Knock {
  readonly target: Target;
  readonly protocol: Protocol;
  readonly callers: readonly Caller[];
}

const chunks: Buffer[] = [];
for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
const { target, protocol, callers } = JSON.parse(Buffer.concat(chunks).toString('utf8')) as Knock;
const verdicts = [];
for (const caller of callers) verdicts.push(await probe(target, protocol, caller));
process.stdout.write(JSON.stringify(verdicts));
