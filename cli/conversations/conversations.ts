import type { CommandContext } from '../command.ts';
import { waitUntil } from '../wait.ts';
import type { CallReport, Talk } from './conversation.ts';

/** One call through each conversation of the exchange, by the name that `parley try` takes. Loaded when it is used. */
export const conversations: Readonly<Record<string, (talk: Talk) => Promise<CallReport>>> = {
  rest: async (talk) => (await import('./rest.ts')).rest(talk),
  token: async (talk) => (await import('./rest.ts')).token(talk),
  'grpc-unary': async (talk) => (await import('./grpc.ts')).unary(talk),
  'grpc-server-stream': async (talk) => (await import('./grpc.ts')).serverStream(talk),
  'grpc-client-stream': async (talk) => (await import('./grpc.ts')).clientStream(talk),
  'grpc-bidi': async (talk) => (await import('./grpc.ts')).bidi(talk),
  graphql: async (talk) => (await import('./graphql.ts')).graphql(talk),
};

/** Waits until every conversation has answered once, all the way through the sidecars. */
export async function waitForAnswers(
  context: CommandContext,
  talk: Talk,
  timeoutMs: number,
  say: (missing: string) => void,
): Promise<void> {
  const open = new Set(Object.keys(conversations));
  await waitUntil(
    context,
    'every conversation answers',
    { timeoutMs, hint: 'Type: parley status, parley logs', pollMs: 100 },
    async () => {
      const reports = await Promise.all([...open].map((name) => conversations[name]?.(talk)));
      for (const report of reports) if (report?.ok) open.delete(report.method);
      const failed = reports.find((report) => report && !report.ok);
      return failed ? `${failed.method}: ${failed.error}` : undefined;
    },
    say,
  );
}
