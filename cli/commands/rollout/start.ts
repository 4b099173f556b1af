import type { RolloutSpec } from '../../../rollout/resource/rollout.ts';
import type { Cluster } from '../../cluster.ts';
import type { Command, CommandContext, Invocation } from '../../command.ts';
import { usageFailure } from '../../failure.ts';
import { writeDocument } from '../../output/document.ts';
import { type SpecFlags, specFlags, specOf } from '../../rollout/spec-of.ts';
import { stateFolder } from '../../state-folder.ts';

export const start: Command = {
  name: 'start',
  summary: 'roll a release out: put it beside the others if it does not run, then judge every request of it',
  args: [
    { name: '[service]', description: 'such as accounts' },
    { name: '[release]', description: 'the release that is to take over, such as 2.0.0; again: another attempt' },
  ],
  options: [
    { flags: '--strategy <name>', description: 'canary (default), blue-green, match or mirror' },
    { flags: '--steps <weights>', description: 'of a canary, in percent: 10,50' },
    { flags: '--match <header:value>', description: 'requests with this header go to it until it has passed' },
    { flags: '--mirror <percent>', description: 'share of requests that it gets a copy of; its answers are dropped' },
    { flags: '--good <percent>', description: 'share of failing requests that is good enough (0.1%)' },
    { flags: '--bad <percent>', description: 'share of failing requests that is bad (5%)' },
    { flags: '--max-duration <duration>', description: 'of a stage; undecided then is rolled back (10m)' },
    {
      flags: '--calls <when>',
      description: "on: it has to answer the catalogue's own calls before anybody else's; off: without",
      choices: ['on', 'off'],
      default: 'on',
    },
    { flags: '--check-bodies', description: 'go on with these calls, and judge what is in the answers too' },
    { flags: '-f, --filename <file>', description: 'the Rollout as a file instead, `-` for stdin' },
    { flags: '--watch', description: 'show it until it has ended; exits like `rollout status --watch`' },
    {
      flags: '--timeout <duration>',
      description: 'how long to wait for others at work here, and with --watch for its end',
    },
  ],
  outputs: ['text', 'json'],
  examples: [
    { line: 'parley rollout start accounts 2.0.0', what: '10 %, 50 %, then all, as soon as the evidence allows' },
    {
      line: 'parley rollout start accounts 2.0.0 --match x-canary:1 --watch',
      what: 'first only for those who ask for it',
    },
    { line: 'parley rollout start -f rollout.yaml', what: 'everything else: kubectl explain rollouts.spec' },
  ],
  async run(context, invocation) {
    const asked = await askedSpec(context, invocation);
    const { openCluster } = await import('../../cluster.ts');
    const { parseDuration } = await import('../../duration.ts');
    const { startRollout } = await import('../../rollout/start.ts');
    const timeout = invocation.text('timeout');
    const timeoutMs = timeout === undefined ? undefined : parseDuration(timeout, '--timeout');
    const cluster = await openCluster(stateFolder(context).kubeconfig);
    const spec = await withKnownCalls(context, cluster, asked, invocation);
    const started = await startRollout(context, cluster, spec, timeoutMs ?? 60_000);
    const { service } = started;
    const watching = invocation.flag('watch');
    if (invocation.output !== 'text')
      await writeDocument(context.stdout, invocation.output, 'RolloutStarted', { ...started });
    else context.stdout.write(reply(started, watching));
    if (!watching) return 'ok';
    const { followToEnd } = await import('../../rollout/follow.ts');
    return followToEnd(context, cluster, service, {
      timeoutMs: timeoutMs ?? Number.POSITIVE_INFINITY,
      show: invocation.output === 'text',
    });
  },
};

/** A file says all of it. */
async function withKnownCalls(context: CommandContext, cluster: Cluster, spec: RolloutSpec, asked: Invocation) {
  const bodies = asked.flag('check-bodies');
  const off = asked.text('calls') === 'off';
  if (off && bodies)
    throw usageFailure('--check-bodies and --calls off: bodies are those of the calls.', 'Write one of them.');
  if (asked.text('filename') !== undefined || off) return spec;
  const { withCalls } = await import('../../rollout/with-calls.ts');
  return withCalls(context, cluster, spec, { bodies });
}

function reply(
  {
    service,
    candidate,
    placed,
    result,
    supersedes,
  }: Awaited<ReturnType<typeof import('../../rollout/start.ts').startRollout>>,
  watching: boolean,
): string {
  const how = [
    ...(placed ? [`${candidate} was put beside the other releases`] : []),
    ...(supersedes ? [`it supersedes ${supersedes}`] : []),
  ];
  const what = result === 'unchanged' ? `is at work on ${candidate} already` : `started: ${candidate}`;
  const lines = [`rollout '${service}' ${what}${how.length > 0 ? ` (${how.join('; ')})` : ''}`];
  if (!watching) lines.push(`Next: parley rollout watch ${service}`);
  return `${lines.join('\n')}\n`;
}

/** By flags or by a file, not by both. */
async function askedSpec(context: CommandContext, { args, text }: Invocation) {
  const [service, release] = args;
  const flags: SpecFlags = Object.fromEntries(
    specFlags.flatMap((name) => {
      const value = text(name);
      return value === undefined ? [] : [[name, value]];
    }),
  );
  const file = text('filename');
  if (file === undefined) {
    if (service !== undefined && release !== undefined) return specOf(service, release, flags);
    throw usageFailure(
      `${service === undefined ? 'service' : 'release'} is missing.`,
      'Write for example: parley rollout start accounts 2.0.0',
    );
  }
  const [given] = [...Object.keys(flags).map((name) => `--${name}`), ...args];
  if (given !== undefined) {
    throw usageFailure(`-f ${file} and ${given}: the file says all of it.`, `Write parley rollout start -f ${file}`);
  }
  const { readRolloutFile } = await import('../../rollout/rollout-file.ts');
  return readRolloutFile(context, file);
}
