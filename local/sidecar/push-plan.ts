import { type ConfigFile, type ConfigFiles, configFile } from './config-files.ts';
import { files, type Resource, routeTable } from './resource.ts';

/** One rename, and the statistics that show that Envoy has taken it; none when nothing follows the file yet. */
export interface Step {
  readonly file: ConfigFile;
  /** Ends of statistic names; one of the statistics that end so must show the file's version. */
  readonly confirm: readonly Confirmation[];
}

export interface Confirmation {
  readonly suffix: string;
  readonly version: string;
}

const hasHttp = (listeners: readonly Resource[]) => JSON.stringify(listeners).includes('http_connection_manager');

const routeVersion = (version: string): Confirmation => ({ suffix: `.rds.${routeTable}.version_text`, version });

/** The statistic that shows the version of `file`. */
export function confirmationOf(file: ConfigFile): Confirmation {
  const { version } = file;
  if (file.path === files.listeners) return { suffix: 'listener_manager.lds.version_text', version };
  if (file.path === files.clusters) return { suffix: 'cluster_manager.cds.version_text', version };
  if (file.path === files.routes) return routeVersion(version);
  return { suffix: `sds.${file.resources[0]?.name}.version_text`, version };
}

function required(set: ConfigFiles, path: string): ConfigFile {
  return set.get(path) ?? configFile(path, []);
}

/**
 * The order in which a sidecar goes from `last` to `next` without a request that finds a route to a cluster that is not
 * there: allow-lists, clusters added and changed, routes, listeners, clusters removed.
 */
export function plan(last: ConfigFiles, next: ConfigFiles): Step[] {
  const steps: Step[] = [];
  const changed = (path: string) => required(last, path).version !== required(next, path).version;
  for (const [path, file] of next) {
    if (!path.startsWith('sidecar/sds-') || last.get(path)?.version === file.version) continue;
    steps.push({ file, confirm: last.has(path) ? [confirmationOf(file)] : [] });
  }
  const clusters = required(next, files.clusters);
  const names = new Set(clusters.resources.map(({ name }) => name));
  const leaving = required(last, files.clusters).resources.filter(({ name }) => !names.has(name));
  const both = leaving.length > 0 ? configFile(files.clusters, [...clusters.resources, ...leaving]) : clusters;
  if (both.version !== required(last, files.clusters).version) {
    steps.push({ file: both, confirm: [confirmationOf(both)] });
  }
  const routes = required(next, files.routes);
  const followed = hasHttp(required(last, files.listeners).resources);
  if (changed(files.routes)) steps.push({ file: routes, confirm: followed ? [confirmationOf(routes)] : [] });
  if (changed(files.listeners)) {
    const listeners = required(next, files.listeners);
    const first = !followed && hasHttp(listeners.resources);
    steps.push({ file: listeners, confirm: [confirmationOf(listeners), ...(first ? [confirmationOf(routes)] : [])] });
  }
  if (both !== clusters) steps.push({ file: clusters, confirm: [confirmationOf(clusters)] });
  return steps;
}

/** What a sidecar that starts with these files shows when it has taken them all. */
export function startConfirmations(set: ConfigFiles): Confirmation[] {
  const listeners = required(set, files.listeners);
  return [
    confirmationOf(required(set, files.clusters)),
    confirmationOf(listeners),
    ...(hasHttp(listeners.resources) ? [confirmationOf(required(set, files.routes))] : []),
  ];
}
