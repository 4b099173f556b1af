import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readCatalogue } from '../charts/catalogue.ts';
import { defaultPlan } from '../charts/plan.ts';
import { meshNames } from '../mesh/intent.ts';
import { type RenderChoices, renderPlan } from './rendering.ts';

const repo = join(import.meta.dirname, '..');
const plan = defaultPlan(readCatalogue(join(repo, 'services')));

test.each(meshNames)(
  'under %s, what a choice adds is looked for and taken away when it is chosen no more',
  async (mesh) => {
    const kinds = async (more: Partial<RenderChoices>) => {
      const { prunable } = await renderPlan(plan, { mesh, env: 'dev', repo, ...more });
      return [...new Set(prunable.map(({ apiVersion, kind }) => `${apiVersion} ${kind}`))].sort();
    };
    const all = {
      collector: 'http://collector.test:4318',
      monitoring: true,
      storage: 'claim',
      capture: 'init',
    } as const;
    expect(await kinds({})).toEqual(await kinds(all));
  },
);
