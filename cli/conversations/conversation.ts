import { randomBytes } from 'node:crypto';
import type { Edge } from '../edge.ts';

/** What a conversation needs: the way in, and tokens. */
export interface Talk {
  readonly edge: Edge;
  token(): Promise<string>;
}

/** One line of what was said: `>` by us, `<` by the exchange. */
export interface Line {
  readonly from: '>' | '<';
  readonly text: string;
}

/** One call through the edge, as it went. */
export interface CallReport {
  readonly method: string;
  readonly ok: boolean;
  readonly said: readonly Line[];
  /** Whom the request went through: `edge`, then the release that said it answered. */
  readonly path: readonly string[];
  /** W3C trace id that was sent along; the sidecars and services continue it. */
  readonly traceId: string;
  /** Why it did not work. */
  readonly error?: string;
}

/** Notes what is said in one call. */
export interface Notebook {
  readonly traceId: string;
  /** Begin a trace that is recorded: W3C Trace Context, and the header by which a client asks Envoy for it. */
  readonly traceHeaders: Readonly<Record<string, string>>;
  say(text: string): void;
  hear(text: string): void;
  answeredBy(service: string, release: string | null | undefined): void;
}

/** Runs one call and reports it; what it throws is why it did not work. */
export async function report(method: string, call: (notes: Notebook) => Promise<void>): Promise<CallReport> {
  const said: Line[] = [];
  const path = ['edge'];
  const traceId = randomBytes(16).toString('hex');
  const notes: Notebook = {
    traceId,
    traceHeaders: {
      traceparent: `00-${traceId}-${randomBytes(8).toString('hex')}-01`,
      'x-client-trace-id': traceId,
    },
    say: (text) => said.push({ from: '>', text }),
    hear: (text) => said.push({ from: '<', text }),
    answeredBy: (service, release) =>
      path.push(release ? `${service} ${release}` : `${service} (it did not say its release)`),
  };
  try {
    await call(notes);
    return { method, ok: true, said, path, traceId };
  } catch (error) {
    return { method, ok: false, said, path, traceId, error: error instanceof Error ? error.message : String(error) };
  }
}
