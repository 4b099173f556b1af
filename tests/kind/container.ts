import { type Finished, run, succeed } from '../program.ts';

/** A container of the Docker engine that the environment names. */
export interface Container {
  readonly name: string;
  /** `http://127.0.0.1:<port of the host>` for one of the published ports. */
  url(port: number): string;
  /** Everything that it has said. */
  logs(): Promise<string>;
}

export interface ContainerOptions {
  readonly name: string;
  readonly image: string;
  readonly args: readonly string[];
  readonly user: number;
  readonly network: string;
  /** Names by which others on the network reach it. */
  readonly aliases: readonly string[];
  /** Published on free ports of the loopback address. */
  readonly ports: readonly number[];
  /** Folder of the host -> folder of the container, read-only. */
  readonly folders: Readonly<Record<string, string>>;
}

/** Starts a container under what the hardening of the Pods allows: no root, no capability, and it may write to /tmp and its volumes only. */
export async function startContainer(options: ContainerOptions): Promise<Container> {
  const { name, network, image, user } = options;
  await docker([
    ...['run', '--detach', '--name', name, '--network', network, '--user', `${user}:${user}`],
    ...['--read-only', '--cap-drop', 'ALL', '--security-opt', 'no-new-privileges'],
    ...['--tmpfs', '/tmp'],
    ...options.aliases.flatMap((alias) => ['--network-alias', alias]),
    ...options.ports.flatMap((port) => ['--publish', `127.0.0.1::${port}`]),
    ...Object.entries(options.folders).flatMap(([from, to]) => ['--volume', `${from}:${to}:ro`]),
    image,
    ...options.args,
  ]);
  const published = new Map<number, string>();
  for (const port of options.ports) {
    const { code, stdout } = await run(['docker', 'port', name, String(port)], { env: dockerEnvironment() });
    if (code !== 0) throw new Error(`${name} (${image}) did not stay up:\n${await logsOf(name)}`);
    published.set(port, stdout.trim().split('\n')[0] ?? '');
  }
  return { name, url: (port) => `http://${published.get(port)}`, logs: () => logsOf(name) };
}

/** Removes every container on a network, running or not, with its volumes. */
export async function removeContainers(network: string): Promise<void> {
  const { stdout } = await docker(['ps', '--all', '--quiet', '--filter', `network=${network}`]);
  const ids = stdout.split('\n').filter((id) => id !== '');
  if (ids.length > 0) await docker(['rm', '--force', '--volumes', ...ids]);
}

async function logsOf(name: string): Promise<string> {
  const { stdout, stderr } = await docker(['logs', name]);
  return stdout + stderr;
}

/** Runs a command of an image to its end, without a network, whatever its exit code. */
export function runOnce(
  image: string,
  folders: ContainerOptions['folders'],
  args: readonly string[],
): Promise<Finished> {
  const volumes = Object.entries(folders).flatMap(([from, to]) => ['--volume', `${from}:${to}:ro`]);
  return run(['docker', 'run', '--rm', '--network', 'none', ...volumes, image, ...args], { env: dockerEnvironment() });
}

/** Runs `docker`; throws with everything it said if it fails. */
export function docker(args: readonly string[]): Promise<Finished> {
  return succeed(['docker', ...args], { env: dockerEnvironment() });
}

function dockerEnvironment(): Record<string, string> {
  const wanted = ['PATH', 'HOME', 'DOCKER_HOST', 'DOCKER_CONTEXT', 'DOCKER_CONFIG', 'XDG_RUNTIME_DIR'];
  return Object.fromEntries(wanted.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])));
}
