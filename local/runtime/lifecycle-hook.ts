import type { LifecycleHandler } from 'kubernetes-types/core/v1.js';
import type { Clock } from '../clock.ts';
import { httpGet, type ProbeTarget } from './probe-actions.ts';
import { pause } from './waiting.ts';

/** Runs a postStart or preStop action. Throws with the reason when it fails; ends early when `signal` aborts. */
export async function runHook(
  target: ProbeTarget,
  hook: LifecycleHandler,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  if (hook.sleep) return pause(clock, hook.sleep.seconds * 1000, signal);
  if (hook.httpGet) {
    const { ok, message } = await httpGet(target, hook.httpGet, signal);
    if (!ok) throw new Error(message);
    return;
  }
  if (!hook.exec) throw new Error('has none of exec, httpGet, sleep');
  const { code, output } = await target.exec(hook.exec.command ?? [], signal);
  if (code !== 0) throw new Error(`command exited with ${code}: ${output}`);
}
