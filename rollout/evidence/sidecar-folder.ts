import { closeSync, existsSync, ftruncateSync, openSync, readdirSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type ProcessRecord, readRecord } from '../../local/process/record.ts';
import { type Admin, openAdmin } from '../../local/sidecar/admin.ts';
import { files } from '../../local/sidecar/resource.ts';
import type { AskedSidecar, AskedSidecars } from './sidecar-evidence.ts';

/** So much of a log is read; a release that fails every call would fill memory before it is taken back. */
const mostBytes = 64 * 1024;

interface Held {
  readonly admin: Admin;
  readonly recordMs: number;
  readonly sidecar: AskedSidecar;
}

/** The sidecars of an embedded cluster. @param pods the folder of Pods, `pods/` of the state folder, with one folder each. */
export function sidecarsIn(pods: string): AskedSidecars {
  const held = new Map<string, Held>();
  const look = (uid: string): AskedSidecar | undefined => {
    const dir = join(pods, uid);
    const recordMs = statSync(join(dir, files.record), { throwIfNoEntry: false })?.mtimeMs;
    const present = held.get(uid);
    if (present && present.recordMs === recordMs) return present.sidecar;
    present?.admin.close();
    held.delete(uid);
    const record = recordMs === undefined ? undefined : readRecord(join(dir, files.record));
    if (recordMs === undefined || !record || !existsSync(join(dir, files.admin))) return undefined;
    const admin = openAdmin(dir, true);
    const sidecar = asked(uid, dir, record, admin);
    held.set(uid, { admin, recordMs, sidecar });
    return sidecar;
  };
  return {
    list() {
      const uids = existsSync(pods) ? readdirSync(pods) : [];
      for (const uid of [...held.keys()].filter((one) => !uids.includes(one))) {
        held.get(uid)?.admin.close();
        held.delete(uid);
      }
      return uids.flatMap((uid) => look(uid) ?? []);
    },
    close() {
      for (const { admin } of held.values()) admin.close();
      held.clear();
    },
  };
}

function asked(uid: string, dir: string, { pid, startTime, name }: ProcessRecord, admin: Admin): AskedSidecar {
  return {
    id: `${uid} ${pid} ${startTime}`,
    name: name.replace(/ sidecar$/, ''),
    get: admin.get,
    post: admin.post,
    takeFailedCalls: () => takeLines(join(dir, files.failedCalls)),
  };
}

/** Envoy appends, so what it writes after the file was cut begins at its start. */
function takeLines(file: string): readonly string[] {
  if (!statSync(file, { throwIfNoEntry: false })?.size) return [];
  const fd = openSync(file, 'r+');
  try {
    const buffer = Buffer.alloc(mostBytes);
    const length = readSync(fd, buffer, 0, mostBytes, 0);
    ftruncateSync(fd, 0);
    return buffer.toString('utf8', 0, length).split('\n').filter(Boolean);
  } finally {
    closeSync(fd);
  }
}
