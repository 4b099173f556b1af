import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { captures, type Storage, storages } from '../../charts/context.ts';
import { environmentNames } from '../../charts/environments.ts';
import { knownPlatforms } from '../../install/images/build-command.ts';
import { type ClusterLedger, type Thing, things } from '../../install/ledger.ts';
import { meshNames } from '../../mesh/intent.ts';
import { observabilityParts } from '../../observability/names.ts';
import { meshMetricsNames } from '../../observability/rules/rules.ts';
import type { CommandContext } from '../command.ts';
import { Failure } from '../failure.ts';
import { type StateFolder, stateFolder } from '../state-folder.ts';
import { type TargetName, targetNames } from './target.ts';

const schema = z.strictObject({
  target: z.enum(targetNames),
  /** Of the kind cluster, or of the context. */
  name: z.string().min(1).optional(),
  /** Which cluster that name meant when something was made in it ({@link ClusterLedger}). */
  identity: z.string().min(1).optional(),
  mesh: z.enum(meshNames),
  env: z.enum(environmentNames).optional(),
  capture: z.enum(captures).optional(),
  storage: z.enum(storages).optional(),
  meshMetrics: z.enum(meshMetricsNames).optional(),
  /** Whether the controller of rollouts runs. */
  rollouts: z.boolean().optional(),
  /** Parts of the observability. */
  observability: z.array(z.enum(observabilityParts)).readonly().optional(),
  /** Prefix of images that are pushed. */
  registry: z.string().min(1).optional(),
  /** What they are built for. */
  platforms: z.array(z.enum(knownPlatforms)).readonly().optional(),
  /** `address:port` of the edge on this machine; absent: only by a port-forward, or as the daemon says. */
  hosts: z.strictObject({ http: z.string(), https: z.string() }).optional(),
  /** What `up` made in it, or began to make. */
  made: z.partialRecord(z.enum(things), z.enum(['begun', 'made'])),
});

/** `target.json`: the one target that a state folder belongs to, and what `up` made there. */
export type TargetRecord = Readonly<z.infer<typeof schema>>;

/** The record; undefined when no `up` has been here since the last `down`. Fails when it cannot be understood. */
export function readRecord({ targetRecord }: Pick<StateFolder, 'targetRecord'>): TargetRecord | undefined {
  let text: string;
  try {
    text = readFileSync(targetRecord, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    return schema.parse(JSON.parse(text));
  } catch (cause) {
    throw new Failure('BadRecord', `${targetRecord} does not say what runs`, {
      cause,
      hint: `Type: cat ${targetRecord}   (remove it when what it names is gone)`,
    });
  }
}

/** Writes the record in one step, so that a killed command leaves the old or the new one. */
export function writeRecord({ path, targetRecord }: StateFolder, record: TargetRecord): void {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  writeFileSync(`${targetRecord}.new`, `${JSON.stringify(record, undefined, 2)}\n`, { mode: 0o600 });
  renameSync(`${targetRecord}.new`, targetRecord);
}

export function removeRecord({ targetRecord }: Pick<StateFolder, 'targetRecord'>): void {
  rmSync(targetRecord, { force: true });
}

/** What a record says before anything is made. */
export type WantedTarget = Omit<TargetRecord, 'made' | 'identity'>;

type Where = Pick<CommandContext, 'env' | 'repo'>;

/** Writes down which target is wanted now; what was made stays noted. Throws what {@link requireClaimable} throws. */
export function claim(context: Where, wanted: WantedTarget): void {
  requireClaimable(context, wanted);
  const state = stateFolder(context);
  const found = readRecord(state);
  const made = found?.made ?? {};
  const identity = identityIn(found);
  writeRecord(state, { ...wanted, ...(identity ? { identity } : {}), made });
}

/** Which cluster a record is about; undefined while nothing was made in any. */
export function identityIn(record: TargetRecord | undefined): string | undefined {
  return record && Object.keys(record.made).length > 0 ? record.identity : undefined;
}

/** Refuses a folder in which something of another target, another mesh or with other ports was made. */
export function requireClaimable(context: Where, wanted: WantedTarget): void {
  const state = stateFolder(context);
  const found = readRecord(state);
  requireSameTarget(state, found, wanted);
  if (found && found.mesh !== wanted.mesh && found.made.mesh !== undefined) {
    throw new Failure('OtherMesh', `${found.mesh} is installed in ${titleOf(found)}, and ${wanted.mesh} is wanted`, {
      hint: `Type: parley down, then parley up --mesh ${wanted.mesh}   (or go on with --mesh ${found.mesh})`,
    });
  }
  if (found?.storage && found.made.exchange && found.storage !== wanted.storage) {
    throw otherStorage(found.storage);
  }
  if (found?.hosts && found.made.cluster && !isDeepStrictEqual(found.hosts, wanted.hosts)) {
    throw new Failure('OtherPorts', `${titleOf(found)} has the ports of ${found.hosts.http} and ${found.hosts.https}`, {
      hint: `Type: parley down, then parley up   (to have it on ${wanted.hosts?.http} and ${wanted.hosts?.https})`,
    });
  }
}

/** A StatefulSet cannot get or lose the claim of its Pods. */
export function otherStorage(runs: Storage): Failure {
  const other = storages.find((each) => each !== runs);
  return new Failure('OtherStorage', `the database that runs has its storage as \`${runs}\`, which cannot be changed`, {
    hint: `Type: parley up --storage ${runs}   (or, to lose its data: parley down, then parley up --storage ${other})`,
  });
}

function requireSameTarget(
  { path }: StateFolder,
  found: TargetRecord | undefined,
  wanted: Pick<TargetRecord, 'target' | 'name'>,
): void {
  if (!found || Object.keys(found.made).length === 0 || (found.target === wanted.target && found.name === wanted.name))
    return;
  throw new Failure('OtherTarget', `the state folder ${path} belongs to ${titleOf(found)}`, {
    hint: `Type: parley down   (it ends that first), or PARLEY_HOME=<another folder> parley up`,
  });
}

/** `the kind cluster parley`: how messages name a target. */
export function titleOf({ target, name }: Pick<TargetRecord, 'target' | 'name'>): string {
  const titles: Record<TargetName, string> = {
    embedded: 'the embedded cluster',
    kind: `the kind cluster ${name}`,
    context: `the context ${name}`,
  };
  return titles[target];
}

/** The ledger of an installation in the record's own words; each change is on disk before the call returns. */
export function ledgerOf(state: StateFolder): ClusterLedger {
  const write = (change: (before: TargetRecord) => TargetRecord) => {
    const record = readRecord(state);
    if (!record) throw new TypeError(`${state.targetRecord} is written before anything is made`);
    writeRecord(state, change(record));
  };
  const note = (thing: Thing, as: 'begun' | 'made') =>
    write((record) => ({ ...record, made: { ...record.made, [thing]: as } }));
  return {
    state: (thing) => readRecord(state)?.made[thing],
    begin: (thing) => note(thing, 'begun'),
    finish: (thing) => note(thing, 'made'),
    forget: (thing) => write((record) => without(record, thing)),
    identity: () => identityIn(readRecord(state)),
    identify: (identity) => write((record) => ({ ...record, identity })),
  };
}

/** With the cluster goes all that was made in it, and who it was. */
function without(record: TargetRecord, thing: Thing): TargetRecord {
  const { [thing]: _, ...made } = record.made;
  if (thing !== 'cluster') return { ...record, made };
  const { identity: __, ...rest } = record;
  return { ...rest, made: {} };
}
