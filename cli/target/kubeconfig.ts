import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import type { CommandContext } from '../command.ts';
import { Failure } from '../failure.ts';
import { didYouMean } from '../suggest.ts';

/** The user's own kubeconfig files: KUBECONFIG, else ~/.kube/config. */
function files(env: CommandContext['env']): string[] {
  const named = (env.KUBECONFIG ?? '').split(delimiter).filter(Boolean);
  return (named.length > 0 ? named : [join(env.HOME ?? homedir(), '.kube', 'config')]).filter((file) =>
    existsSync(file),
  );
}

/**
 * Copies one context of the user's kubeconfig, with the files that it names put in, to `target` (mode 0600). The user's own
 * files are only read; of two entries of one name the first counts
 * (https://kubernetes.io/docs/concepts/configuration/organize-cluster-access-kubeconfig/#merging-kubeconfig-files).
 * Fails with the contexts that there are.
 */
export async function copyContext(env: CommandContext['env'], name: string, target: string): Promise<void> {
  const { bufferFromFileOrString, KubeConfig } = await import('@kubernetes/client-node');
  const all = new KubeConfig();
  for (const file of files(env)) {
    const one = new KubeConfig();
    one.loadFromFile(file);
    for (const cluster of one.clusters) if (!all.getCluster(cluster.name)) all.addCluster(cluster);
    for (const user of one.users) if (!all.getUser(user.name)) all.addUser(user);
    for (const context of one.contexts) if (!all.getContextObject(context.name)) all.addContext(context);
  }
  const found = all.getContextObject(name);
  const cluster = found && all.getCluster(found.cluster);
  const user = found && all.getUser(found.user);
  if (!found || !cluster || !user) {
    const names = (all.contexts ?? []).map((each) => each.name);
    throw new Failure('UnknownContext', `${name}: your kubeconfig has no such context.${didYouMean(name, names)}`, {
      exit: 'usage',
      hint: names.length > 0 ? `Known: ${names.join(', ')}.` : 'Type: kubectl config get-contexts',
    });
  }
  const inline = (file: string | undefined, data: string | undefined) =>
    file || data ? bufferFromFileOrString(file, data)?.toString('base64') : undefined;
  const { caFile, caData, ...ofCluster } = cluster;
  const { certFile, certData, keyFile, keyData, ...ofUser } = user;
  const flat = new KubeConfig();
  flat.loadFromOptions({
    clusters: [{ ...ofCluster, caData: inline(caFile, caData) }],
    users: [{ ...ofUser, certData: inline(certFile, certData), keyData: inline(keyFile, keyData) }],
    contexts: [found],
    currentContext: name,
  });
  mkdirSync(dirname(target), { recursive: true, mode: 0o700 });
  writeFileSync(`${target}.new`, `${flat.exportConfig()}\n`, { mode: 0o600 });
  renameSync(`${target}.new`, target);
}
