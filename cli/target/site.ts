import type { Site } from '../../install/site.ts';
import { openCluster } from '../cluster.ts';
import type { CommandContext } from '../command.ts';
import { stateFolder } from '../state-folder.ts';

/** A cluster as installations see it, by default that of the state folder's kubeconfig. */
export function siteOf(context: CommandContext, kubeconfig: string = stateFolder(context).kubeconfig): Site {
  const { path } = stateFolder(context);
  const { env, signal, clock } = context;
  return { env, signal, clock, home: path, kubeconfig, openObjects: () => openCluster(kubeconfig) };
}
