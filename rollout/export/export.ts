import type { RolloutPlan } from '../core/plan.ts';
import { argoObjects } from './argo.ts';
import { flaggerObjects } from './flagger.ts';
import type { EngineName, Exported, ExportTarget } from './target.ts';

/** The plan in the objects of that engine, with all that it cannot say. Pure. */
export function exportFor(engine: EngineName, plan: RolloutPlan, target: ExportTarget): Exported {
  return { flagger: flaggerObjects, argo: argoObjects }[engine](plan, target);
}
