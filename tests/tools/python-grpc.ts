import { access, mkdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { succeed } from '../program.ts';

/** One grpcio of one version everywhere; grpcio-tools generates for exactly this protobuf and later. */
const pinned = ['grpcio==1.85.1', 'grpcio-tools==1.85.1', 'protobuf==7.35.1'];
const tools = join(import.meta.dirname, '../../.parley/tools');
const target = join(tools, 'python-grpc', pinned.join(',').replaceAll('==', '-'));

/**
 * A folder for PYTHONPATH with grpcio, brought into `.parley/tools/python-grpc` once. Throws with what pip said when it
 * cannot be had.
 */
export async function pythonGrpc(): Promise<string> {
  const there = await access(target).then(
    () => true,
    () => false,
  );
  if (there) return target;
  const unfinished = `${target}.unfinished-${process.pid}`;
  await mkdir(dirname(target), { recursive: true });
  try {
    const pip = ['python3', '-m', 'pip', 'install', '--quiet', '--disable-pip-version-check'];
    await succeed([...pip, '--target', unfinished, ...pinned], { env: environment(), timeoutMs: 240_000 });
    await rename(unfinished, target);
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
  return target;
}

/** All of it: pip may be told there where packages come from. */
function environment(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}
