import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { PodSandbox } from '../sidecar/types.ts';

const recordName = 'sandbox.json';

/** Folders of Pods below `<state folder>/pods`. */
export interface Sandboxes {
  /** Makes the Pod's folders and notes its address; nothing happens to those that are there. */
  create(uid: string, ip: string): PodSandbox;
  /** What earlier daemons left. A folder without a readable record has no address. */
  list(): { readonly uid: string; readonly ip: string | undefined }[];
  remove(uid: string): void;
}

export function createSandboxes(root: string): Sandboxes {
  mkdirSync(root, { recursive: true, mode: 0o700 });
  return {
    create(uid, ip) {
      const dir = path.join(root, uid);
      for (const folder of ['in', 'out', 'tmp', 'volumes', 'containers', 'sidecar']) {
        mkdirSync(path.join(dir, folder), { recursive: true, mode: 0o700 });
      }
      const record = path.join(dir, recordName);
      writeFileSync(`${record}.next`, JSON.stringify({ ip }), { mode: 0o600 });
      renameSync(`${record}.next`, record);
      return { uid, ip, dir };
    },
    list: () => readdirSync(root).map((uid) => ({ uid, ip: readAddress(path.join(root, uid, recordName)) })),
    remove: (uid) => rmSync(path.join(root, uid), { recursive: true, force: true, maxRetries: 3 }),
  };
}

function readAddress(file: string): string | undefined {
  if (!existsSync(file)) return undefined;
  try {
    const { ip }: { ip?: unknown } = JSON.parse(readFileSync(file, 'utf8'));
    return typeof ip === 'string' ? ip : undefined;
  } catch (error) {
    // A record that a full disk cut off: the Pod gets a new address.
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
