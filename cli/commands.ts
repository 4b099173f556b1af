import type { Verb } from './command.ts';

/** Every verb in the order of `parley help`. Loading one costs nothing of the others. */
export const commandLoaders: Readonly<Record<string, () => Promise<Verb>>> = {
  up: async () => (await import('./commands/up.ts')).up,
  diff: async () => (await import('./commands/diff.ts')).diff,
  down: async () => (await import('./commands/down.ts')).down,
  status: async () => (await import('./commands/status.ts')).status,
  try: async () => (await import('./commands/try.ts')).tryCalls,
  load: async () => (await import('./commands/load.ts')).load,
  release: async () => (await import('./commands/release.ts')).release,
  split: async () => (await import('./commands/split.ts')).split,
  rollout: async () => (await import('./commands/rollout.ts')).rollout,
  export: async () => (await import('./commands/export.ts')).exportRollouts,
  edges: async () => (await import('./commands/edges.ts')).edges,
  dashboard: async () => (await import('./commands/dashboard.ts')).dashboard,
  logs: async () => (await import('./commands/logs.ts')).logs,
  render: async () => (await import('./commands/render.ts')).render,
  images: async () => (await import('./commands/images.ts')).images,
  apply: async () => (await import('./commands/apply.ts')).apply,
  token: async () => (await import('./commands/token.ts')).token,
  kubeconfig: async () => (await import('./commands/kubeconfig.ts')).kubeconfig,
  check: async () => (await import('./commands/check.ts')).check,
  completion: async () => (await import('./commands/completion.ts')).completionOf(loadAllCommands),
  version: async () => (await import('./commands/version.ts')).version,
};

export const commandNames: readonly string[] = [...Object.keys(commandLoaders), 'help'];

/** For help and completion, which speak of all. */
export function loadAllCommands(): Promise<Verb[]> {
  return Promise.all(Object.values(commandLoaders).map((load) => load()));
}
