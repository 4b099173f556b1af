import type { Clock } from '../clock.ts';
import type { Admin } from './admin.ts';

const pollMs = 10;
/** A request that is just being handed over shows up by the third look. */
const quietLooks = 3;

/** Requests, connections of a gateway's clients, and TCP connections that a Pod's sidecar has open towards its programs. */
export async function inFlight(admin: Admin): Promise<number> {
  const statistics = await admin.statistics(
    '^(http\\.in_.*\\.downstream_rq_active|http\\.edge_.*\\.downstream_(rq|cx)_active|cluster\\.apptcp_.*\\.upstream_cx_active)$',
  );
  return [...statistics.values()].reduce((sum, value) => sum + Number(value), 0);
}

/** Resolves when nothing was in flight for three looks in a row, when `running` says that the sidecar is gone, or on abort. */
export async function quiet(admin: Admin, clock: Clock, running: () => boolean, signal: AbortSignal): Promise<void> {
  for (let looks = 0; looks < quietLooks && running() && !signal.aborted; ) {
    try {
      looks = (await inFlight(admin)) === 0 ? looks + 1 : 0;
    } catch (error) {
      if (running()) throw error;
      return;
    }
    await new Promise<void>((resolve) => void clock.after(pollMs, resolve));
  }
}
