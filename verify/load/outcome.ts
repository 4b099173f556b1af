/** How one numbered request ended. There is no fourth way. */
export type Outcome =
  | { readonly kind: 'ok'; readonly release?: string }
  /** No answer, or an answer that says that it failed. `reason` groups alike failures: `status 503`, `grpc unavailable`, `ECONNRESET`. */
  | { readonly kind: 'failed'; readonly reason: string; readonly message: string; readonly release?: string }
  /** An answer that claims success with a body that is not what was asked for. */
  | { readonly kind: 'wrong'; readonly message: string; readonly release?: string };

export function ok(release?: string): Outcome {
  return { kind: 'ok', release };
}

export function failed(reason: string, message: string, release?: string): Outcome {
  return { kind: 'failed', reason, message, release };
}

export function wrong(message: string, release?: string): Outcome {
  return { kind: 'wrong', message, release };
}

/** What a thrown value says, and the word that groups it: the code of the innermost system or protocol error. */
export function failureOf(error: unknown): Outcome {
  const chain: Error[] = [];
  for (let each = error; each instanceof Error && !chain.includes(each); each = each.cause) chain.push(each);
  const coded = chain.findLast((each) => 'code' in each && typeof each.code === 'string');
  const code = coded && 'code' in coded ? String(coded.code) : (chain.at(-1)?.name ?? typeof error);
  return failed(code, chain.map((each) => each.message).join(': ') || String(error));
}
