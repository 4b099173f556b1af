import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '../test-clock.ts';
import { forever, meshless, openTestNode, script, statusOf, type TestNode, testNamespace } from './test-node.ts';

let node: TestNode;
let notes: string;
let confirm: () => void;

beforeEach(async () => {
  notes = path.join(mkdtempSync(path.join(tmpdir(), 'parley-stop-')), 'notes');
  const confirmed = Promise.withResolvers<void>();
  confirm = confirmed.resolve;
  node = await openTestNode({
    sidecars: {
      ...meshless,
      start: async () => appendFileSync(notes, 'sidecar '),
      drained: () => confirmed.promise,
      stop: async () => appendFileSync(notes, 'sidecar-ended '),
    },
  });
});

afterEach(async () => {
  confirm();
  await node.close();
  rmSync(path.dirname(notes), { recursive: true, force: true });
});

const seen = () => (existsSync(notes) ? readFileSync(notes, 'utf8') : '');
const noting = (lifecycle: object, grace = 5) => {
  const note = (text: string) => `require('node:fs').appendFileSync(process.env.NOTES, '${text} ');`;
  const code = `process.on('SIGTERM', () => { ${note('term')} process.exit(0); }); ${note('up')} ${forever}`;
  const env = [{ name: 'NOTES', value: notes }];
  node.create('web', { terminationGracePeriodSeconds: grace, containers: [script(code, { env, lifecycle })] });
  return eventually('it is up', () => seen().includes('up'), seen);
};

describe('a Pod that is deleted', () => {
  it('gets SIGTERM only when the sidecars have confirmed, after preStop; its own sidecar ends last', async () => {
    await noting({ preStop: { exec: { command: ['sh', '-c', 'printf "prestop " >> "$NOTES"'] } } });
    node.store.delete('Pod', 'web', testNamespace);
    node.create('probe', { restartPolicy: 'Never', containers: [script('')] });
    await node.until('time passes', 'probe', (pod) => pod.status?.phase === 'Succeeded');
    expect(statusOf(node.pod('web')!)?.state?.running).toBeDefined();
    expect(seen()).not.toContain('term');
    confirm();
    await node.gone('web');
    expect(seen().replace('sidecar sidecar-ended ', '')).toMatch(/up .*prestop term sidecar-ended $/);
  });

  it('goes from the list as soon as the store can write again', async () => {
    await noting({});
    node.store.delete('Pod', 'web', testNamespace);
    const other = new DatabaseSync(path.join(node.dir, 'store.db'));
    other.exec(`create trigger full before delete on objects begin select raise(abort, 'disk is full'); end`);
    confirm();
    const refused = () => node.problems.some((problem) => /Pod web ended and is still listed/.test(problem));
    await eventually('the store cannot write', refused, () => node.problems);
    expect(node.pod('web')).toBeDefined();
    other.exec('drop trigger full');
    other.close();
    await node.gone('web');
  });

  it('waits for the confirmation no longer than preStop.sleep', async () => {
    await noting({ preStop: { sleep: { seconds: 1 } } }, 30);
    const started = performance.now();
    node.store.delete('Pod', 'web', testNamespace);
    await node.gone('web');
    expect(performance.now() - started).toBeGreaterThan(900);
    expect(seen()).toContain('term sidecar-ended');
  });

  it('is not given more time by a change of its labels', async () => {
    await noting({}, 1);
    node.store.delete('Pod', 'web', testNamespace);
    const started = performance.now();
    await eventually('it is gone', () => {
      const pod = node.pod('web');
      if (pod === undefined) return true;
      node.store.update({
        ...pod,
        metadata: { ...pod.metadata, labels: { at: String(Math.round(performance.now())) } },
      });
      return false;
    });
    expect(performance.now() - started).toBeLessThan(5000);
  });

  it('waits for it no longer than the grace period, which a second delete shortens', async () => {
    await noting({}, 60);
    node.store.delete('Pod', 'web', testNamespace);
    node.store.delete('Pod', 'web', testNamespace, { gracePeriodSeconds: 1 });
    await node.gone('web');
  });
});
