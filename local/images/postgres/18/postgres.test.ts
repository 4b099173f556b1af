import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { lstat, mkdtemp, rm, stat } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { expect, test } from 'vitest';
import { dialThrough } from '../../../../services/kit/dial.ts';
import { until } from '../../../../services/testing/wait.ts';
import { readPostgresSettings } from './settings.ts';

const program = fileURLToPath(new URL('postgres.ts', import.meta.url));

async function started(folder: string, databases = 'accounts/accounts,orders/orders') {
  const env = {
    PATH: process.env.PATH,
    PARLEY_SOCKETS: 's',
    PGDATA: 'data',
    POSTGRES_PASSWORD: 'secret',
    PARLEY_DATABASES: databases,
    PARLEY_PASSWORD_ACCOUNTS: 'of accounts',
    PARLEY_PASSWORD_ORDERS: "of orders' own",
    PARLEY_PASSWORD_RISK_LIMITS: 'of risk-limits',
  };
  const child = spawn(process.execPath, [program], { cwd: folder, env, stdio: 'ignore' });
  const exited = once(child, 'exit');
  await until(
    'postgres listens',
    async () => {
      const probe = connect(join(folder, 's/in/5432'));
      await once(probe, 'connect');
      probe.destroy();
      return true;
    },
    30_000,
  );
  return async () => {
    child.kill('SIGTERM');
    expect(await exited).toEqual([0, null]);
  };
}

async function asked(folder: string, password: string, sql: string, user = 'postgres', database = 'accounts') {
  const { symlink, mkdir } = await import('node:fs/promises');
  await mkdir(join(folder, 's/out'), { recursive: true });
  await symlink('../in/5432', join(folder, 's/out/postgres:5432')).catch((cause: NodeJS.ErrnoException) =>
    expect(cause.code).toBe('EEXIST'),
  );
  const client = new pg.Client({
    host: 'postgres',
    user,
    password,
    database,
    stream: () => dialThrough(join(folder, 's')).lazySocket(),
  });
  try {
    await client.connect();
    const { rows } = await client.query<Record<string, unknown>>(sql);
    return rows;
  } finally {
    await client.end();
  }
}

test('listens on the socket only, checks the password, keeps what was committed, stops on SIGTERM', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'parley-pg-'));
  const stop = await started(folder);
  expect((await stat(join(folder, 's/in/5432'))).mode & 0o777).toBe(0o600);
  expect(
    await asked(
      folder,
      'secret',
      "select current_setting('fsync') as fsync, current_setting('listen_addresses') as addresses",
    ),
  ).toEqual([{ fsync: 'on', addresses: '' }]);
  await expect(asked(folder, 'wrong', 'select 1')).rejects.toThrow(/password authentication failed/);
  await asked(folder, 'secret', 'create table kept (n integer); insert into kept values (7)');
  await stop();
  const again = await started(folder);
  expect(await asked(folder, 'secret', 'select n from kept')).toEqual([{ n: 7 }]);
  expect((await lstat(join(folder, 'data'))).uid).toBe(process.getuid?.());
  await again();
  await rm(folder, { recursive: true, force: true });
}, 90_000);

test('each role owns its database and can connect to no other; one that comes later is made on the data that is there', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'parley-pg-'));
  const stop = await started(folder);
  const ordersPassword = "of orders' own";
  await asked(folder, 'of accounts', 'create table kept (n integer); insert into kept values (7)', 'accounts');
  await asked(folder, ordersPassword, 'create table placed (n integer)', 'orders', 'orders');
  for (const database of ['orders', 'postgres', 'template1']) {
    await expect(asked(folder, 'of accounts', 'select 1', 'accounts', database), database).rejects.toThrow(
      `permission denied for database "${database}"`,
    );
  }
  await expect(asked(folder, ordersPassword, 'select 1', 'orders', 'accounts')).rejects.toThrow(/permission denied/);
  await expect(asked(folder, 'of accounts', 'create role more', 'accounts')).rejects.toThrow(/permission denied/);
  await expect(asked(folder, 'of accounts', 'create database more', 'accounts')).rejects.toThrow(/permission denied/);
  await expect(asked(folder, 'secret', 'select 1', 'accounts')).rejects.toThrow(/password authentication failed/);
  await stop();
  const again = await started(folder, 'accounts/accounts,orders/orders,risk-limits/limits');
  expect(await asked(folder, 'of accounts', 'select n from kept', 'accounts')).toEqual([{ n: 7 }]);
  expect(await asked(folder, 'of risk-limits', 'select current_user as me', 'risk-limits', 'limits')).toEqual([
    { me: 'risk-limits' },
  ]);
  await expect(asked(folder, 'of accounts', 'select 1', 'accounts', 'limits')).rejects.toThrow(/permission denied/);
  await again();
  await rm(folder, { recursive: true, force: true });
}, 90_000);

test('says everything that is wrong with its environment', () => {
  expect(() => readPostgresSettings({ PARLEY_DATABASES: 'ok/ok,"; drop' }, '/')).toThrow(
    /PARLEY_SOCKETS[\s\S]*PGDATA[\s\S]*POSTGRES_PASSWORD[\s\S]*is no name[\s\S]*PARLEY_PASSWORD_OK/,
  );
});
