import type { Commands } from '../commands.ts';
import { eventually } from '../eventually.ts';

/** A Service of the observability on a loopback port of this machine. */
export interface Forwarded {
  readonly url: string;
  close(): Promise<void>;
}

/** `kubectl port-forward` until it is closed. */
export async function forwarded(
  commands: Pick<Commands, 'beginKubectl'>,
  service: string,
  port: number,
): Promise<Forwarded> {
  const forward = commands.beginKubectl('-n', 'observability', 'port-forward', `service/${service}`, `:${port}`);
  const url = await eventually(`a port-forward to ${service}`, 20_000, () => {
    const own = /Forwarding from 127\.0\.0\.1:(\d+)/.exec(forward.stdout())?.[1];
    if (!own) throw new Error(forward.stderr() || 'it says nothing');
    return `http://127.0.0.1:${own}`;
  });
  return {
    url,
    close: async () => {
      forward.child.kill('SIGTERM');
      await forward.finished;
    },
  };
}
