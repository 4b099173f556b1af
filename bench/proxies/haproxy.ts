import { accessSync, constants, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { nextAddress } from './addresses.ts';
import { benchAuthority, type Side, writeIdentity } from './identities.ts';
import { type Pair, type PairOptions, startPair, type Variant } from './pair.ts';

/** HAProxy makes no spans. */
export const haproxyVariants: readonly Variant[] = ['plain', 'mTLS', 'access log'];

/** The program on PATH or in a system folder; undefined when it is not installed. */
export function findHaproxy(env: Readonly<Record<string, string | undefined>>): string | undefined {
  const folders = [...(env.PATH ?? '').split(path.delimiter), '/usr/sbin', '/usr/local/sbin'].filter(Boolean);
  return folders.map((folder) => path.join(folder, 'haproxy')).find(isExecutable);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false; // Not there or not executable: the next folder is tried.
  }
}

/** A pair as the yardstick: one thread a side, the same TLS and the same hops; it checks the authority, not the SPIFFE name. */
export async function startHaproxy(haproxy: string, options: PairOptions): Promise<Pair> {
  const { dir, variant, appSocket, context } = options;
  mkdirSync(dir, { recursive: true });
  const authority = await benchAuthority(dir);
  const link = `${nextAddress()}:15006`;
  const tls = async (side: Side) => {
    if (variant === 'plain') return '';
    const files = await writeIdentity(dir, side, authority);
    return ` ssl crt ${files.both} ca-file ${files.trust} verify required alpn h2 ssl-min-ver TLSv1.3`;
  };
  const entry = path.join(dir, 'in.sock');
  const [inbound, outbound] = [await tls('server'), await tls('client')];
  const spec = (side: Side, bind: string, server: string) => {
    writeFileSync(path.join(dir, `${side}.cfg`), configuration(bind, server, variant));
    const argv: [string, ...string[]] = [haproxy, '-db', '-f', `${side}.cfg`];
    return { name: side, dir, argv };
  };
  const specs = [
    spec('client', `unix@${entry}`, `${link}${outbound}`),
    spec('server', `${link}${inbound}`, `unix@${appSocket}`),
  ];
  return startPair(`HAProxy (${variant})`, { socket: entry, host: 'app' }, specs, context);
}

function configuration(bind: string, server: string, variant: Variant): string {
  const log = variant === 'access log' ? ['  log global', '  option httplog'] : [];
  return [
    'global',
    '  nbthread 1',
    '  log stdout format raw local0',
    'defaults',
    '  mode http',
    '  timeout connect 5s',
    '  timeout client 600s',
    '  timeout server 600s',
    '  http-reuse always',
    ...log,
    'frontend from',
    `  bind ${bind}`,
    '  default_backend to',
    'backend to',
    `  server to ${server}`,
    '',
  ].join('\n');
}
