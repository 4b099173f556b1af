import type { MeshName } from '../mesh/intent.ts';
import { type VersionFit, versionFit, versions } from '../mesh/versions.ts';
import { InstallError } from './install-error.ts';
import { callProgram } from './program.ts';

/** A program that installations call. */
export interface Tool {
  readonly program: string;
  readonly versionArgs: readonly string[];
  /** The version that this kit was made with; absent: any. */
  readonly pinned?: string;
  /** Fits of a version that is taken all the same. */
  readonly taken: readonly VersionFit[];
  /** Where it comes from. */
  readonly source: string;
}

export const tools = {
  docker: {
    program: 'docker',
    versionArgs: ['version', '--format', '{{.Server.Version}}'],
    taken: [],
    source: 'https://docs.docker.com/engine/install/',
  },
  kind: {
    program: 'kind',
    versionArgs: ['version'],
    pinned: versions.kind.version,
    taken: ['same', 'other patch', 'newer'],
    source: `https://github.com/kubernetes-sigs/kind/releases/tag/v${versions.kind.version}`,
  },
  istioctl: {
    program: 'istioctl',
    versionArgs: ['version', '--remote=false'],
    pinned: versions.meshes.istio.version,
    taken: ['same', 'other patch'],
    source: `https://github.com/istio/istio/releases/tag/${versions.meshes.istio.version}`,
  },
  linkerd: {
    program: 'linkerd',
    versionArgs: ['version', '--client', '--short'],
    pinned: versions.meshes.linkerd.version,
    taken: ['same', 'other patch'],
    source: `curl -sL https://run.linkerd.io/install-edge | LINKERD2_VERSION=${versions.meshes.linkerd.version} sh`,
  },
} as const satisfies Record<string, Tool>;

/** The program that installs a mesh. */
export const meshTool: Readonly<Record<MeshName, Tool>> = { istio: tools.istioctl, linkerd: tools.linkerd };

/** What was found of a tool. */
export type ToolState =
  | { readonly state: 'good'; readonly version: string }
  | { readonly state: 'other'; readonly version: string; readonly note: string }
  | { readonly state: 'refused'; readonly version: string; readonly why: string }
  | { readonly state: 'absent'; readonly why: string };

/** The version in what a tool printed: `kind v0.33.0 go1.26 linux/amd64`, `client version: 1.31.1`, `edge-26.6.3`. */
export function versionIn(text: string): string | undefined {
  return /(?:edge-|v)?\d+\.\d+\.\d+[-\w.]*/.exec(text)?.[0];
}

/** How the version that a tool printed stands to the table. Pure. */
export function judge(tool: Tool, printed: string): ToolState {
  const version = versionIn(printed);
  if (!version) return { state: 'refused', version: 'unknown', why: `it prints no version: ${printed.slice(0, 100)}` };
  if (tool.pinned === undefined) return { state: 'good', version };
  const fit = versionFit(tool.pinned, version);
  if (fit === 'same') return { state: 'good', version };
  if (tool.taken.includes(fit)) return { state: 'other', version, note: `parley is tested with ${tool.pinned}` };
  return { state: 'refused', version, why: `${version} is ${fit} than ${tool.pinned}, which this kit is made for` };
}

/** Runs a tool to see its version. A tool that does not answer within 10 s is not there. */
export async function lookForTool(
  tool: Tool,
  env: Readonly<Record<string, string | undefined>>,
  signal: AbortSignal,
): Promise<ToolState> {
  const { program, versionArgs, source } = tool;
  const bounded = AbortSignal.any([signal, AbortSignal.timeout(10_000)]);
  try {
    return judge(tool, await callProgram({ program, args: versionArgs, env, signal: bounded, hint: source }));
  } catch (error) {
    signal.throwIfAborted();
    if (bounded.aborted) return { state: 'absent', why: `${program} ${versionArgs.join(' ')} does not end` };
    if (!(error instanceof InstallError)) throw error;
    const said = error.code === 'ProgramFailed' && error.cause instanceof Error ? `: ${error.cause.message}` : '';
    return { state: 'absent', why: `${error.message}${said}` };
  }
}

/** Looks for the tools and throws one InstallError for the first that cannot be used; returns a note for each of another patch. */
export async function requireTools(
  wanted: readonly Tool[],
  env: Readonly<Record<string, string | undefined>>,
  signal: AbortSignal,
): Promise<string[]> {
  const states = await Promise.all(wanted.map((tool) => lookForTool(tool, env, signal)));
  return wanted.flatMap((tool, index) => {
    const state = states[index];
    if (!state || state.state === 'good') return [];
    if (state.state === 'other') return [`${tool.program} is ${state.version}, ${state.note}`];
    const code = state.state === 'absent' ? 'ToolMissing' : 'ToolVersion';
    throw new InstallError(code, `${tool.program} cannot be used: ${state.why}`, {
      hint: `Type: parley up --target embedded   (it needs no ${tool.program}); or get ${tool.program}: ${tool.source}`,
    });
  });
}
