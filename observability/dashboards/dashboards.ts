import type { RuleOptions } from '../rules/rules.ts';
import { conversationBoard, conversationKinds } from './conversations.ts';
import { footprint } from './footprint.ts';
import { frame } from './frame.ts';
import { meshOverview } from './mesh-overview.ts';
import { rollout } from './rollout.ts';
import { services } from './services.ts';

/** A dashboard as Grafana's provisioning reads it from a file. */
export interface DashboardFile {
  readonly uid: string;
  readonly title: string;
  readonly json: object;
}

/**
 * All dashboards. They ask for the recorded series, which are the same for every mesh and for every kind of metrics; only what a
 * mesh cannot tell is said in words.
 */
export function dashboards({ mesh }: RuleOptions): readonly DashboardFile[] {
  const boards = [meshOverview(), ...conversationKinds.map(conversationBoard), rollout(), services(), footprint(mesh)];
  return boards.map((board) => ({ uid: board.uid, title: board.title, json: frame(board) }));
}
