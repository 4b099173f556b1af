import type { Site } from '../../install/site.ts';
import { openCluster } from '../cluster.ts';
import type { CommandContext } from '../command.ts';
import { stateFolder } from '../state-folder.ts';

/** The cluster of the state folder as installations see it. */
export function siteOf(context: CommandContext): Site {
  const { path, kubeconfig } = stateFolder(context);
  const { env, signal, clock } = context;
  return { env, signal, clock, home: path, kubeconfig, openObjects: () => openCluster(kubeconfig) };
}
