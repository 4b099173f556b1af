import type { ExchangeStatus, ServiceStatus } from '../exchange-status.ts';
import type { Colors } from './color.ts';
import { phaseCell } from './rollout-words.ts';
import { table } from './table.ts';

/** What `parley status` prints for people. */
export function statusScreen({ target, services, notIsolated, methods }: ExchangeStatus, colors: Colors): string {
  const head = target.running
    ? `target  ${target.name}, mesh objects of ${target.mesh}, API ${target.server}\n`
    : `target  ${target.name}, not running: ${target.reason}\n`;
  if (!target.running) return head;
  const parts = [head];
  if (services.length > 0) {
    parts.push(
      table(
        services.flatMap((service) =>
          service.releases.map((release, index) => ({ service, release, first: index === 0 })),
        ),
        [
          { title: 'SERVICE', cell: ({ service, first }) => (first ? colors.bold(service.name) : '') },
          { title: 'RELEASE', cell: ({ release }) => release.version },
          { title: 'READY', align: 'right', cell: ({ release }) => readyCell(release, colors) },
          { title: 'WEIGHT', align: 'right', cell: ({ release }) => String(release.weight) },
          { title: 'URL', cell: ({ service, first }) => (first ? (service.url ?? '(inside only)') : '') },
        ],
      ),
      ...services.flatMap((service) => [...pendingLine(service, colors), ...rolloutLines(service, colors)]),
    );
  }
  if (notIsolated.length > 0)
    parts.push(
      notIsolated.map(({ pod, reason }) => colors.yellow(`‼ Pod ${pod} is not isolated: ${reason}\n`)).join(''),
    );
  const shown = methods.filter(({ never }) => !never);
  parts.push(
    table(shown, [
      { title: 'METHOD', cell: ({ name }) => name },
      { title: '', cell: ({ on }) => (on ? colors.green('√ on') : colors.dim('- off')) },
      { title: 'CONVERSATION', cell: ({ conversation }) => conversation },
      { title: 'WHY', cell: ({ reason }) => reason ?? '' },
    ]),
  );
  const rest = methods.length - shown.length;
  if (rest > 0) parts.push(colors.dim(`${rest} more methods are off here; parley status -o json says why each is\n`));
  return parts.join('\n');
}

function readyCell({ ready, replicas }: ServiceStatus['releases'][number], colors: Colors): string {
  const text = `${ready}/${replicas}`;
  return ready < replicas ? colors.yellow(text) : text;
}

function pendingLine({ name, pending }: ServiceStatus, colors: Colors): string[] {
  return pending ? [colors.yellow(`‼ ${name}: its weights are not in force: ${pending}\n`)] : [];
}

function rolloutLines({ name, rollout }: ServiceStatus, colors: Colors): string[] {
  if (!rollout) return [];
  const { candidate, phase, stage, verdict } = rollout;
  const how = [phaseCell(phase, colors), ...(stage ? [`stage ${stage}`] : []), ...(verdict ? [verdict] : [])].join(
    ', ',
  );
  return [`${name}: rollout of ${candidate}, ${how}   (parley rollout watch ${name})\n`];
}
