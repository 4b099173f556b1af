import { mkdirSync } from 'node:fs';
import { eventually } from '../eventually.ts';
import { start, succeed } from '../program.ts';

export interface SmallDisk {
  /** Put before a command, so that it sees the small disk. */
  readonly prefix: readonly string[];
  /** Leaves not a byte free. */
  fill(): Promise<void>;
  free(): Promise<void>;
  close(): Promise<void>;
}

/**
 * A file system of `megabytes` at `folder`, seen only by what is started with `prefix`: a tmpfs in a mount namespace of its
 * own, in a user namespace too unless the tests run as root.
 */
export async function smallDisk(folder: string, megabytes: number): Promise<SmallDisk> {
  mkdirSync(folder, { recursive: true });
  const env = { PATH: process.env.PATH ?? '' };
  const asRoot = process.getuid?.() === 0;
  const script = `mount -t tmpfs -o size=${megabytes}m parley "$0" && echo mounted && exec sleep 86400`;
  const keeper = start(['unshare', ...(asRoot ? [] : ['--map-root-user']), '--mount', 'sh', '-c', script, folder], {
    env,
    timeoutMs: 600_000,
  });
  await eventually('the small disk', 5000, keeper.stdout, (said) => said.includes('mounted'));
  const prefix = [
    'nsenter',
    '--target',
    String(keeper.child.pid),
    ...(asRoot ? [] : ['--user', '--preserve-credentials']),
    '--mount',
  ];
  const shell = (line: string) => succeed([...prefix, 'sh', '-c', line, folder], { env });
  return {
    prefix,
    fill: async () => {
      await shell(
        'dd if=/dev/zero of="$0/filler" bs=64k 2>/dev/null; dd if=/dev/zero of="$0/filler2" bs=512 2>/dev/null; true',
      );
    },
    free: async () => {
      await shell('rm -f "$0/filler" "$0/filler2"');
    },
    close: async () => {
      keeper.child.kill('SIGKILL');
      await keeper.finished;
    },
  };
}
