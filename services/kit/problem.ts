import type { ServerResponse } from 'node:http';
import { Failure } from './failure.ts';

/** RFC 9457 problem details, https://www.rfc-editor.org/rfc/rfc9457. `type` is a URI that names the kind of problem. */
export class Problem extends Failure {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: number,
    code: string,
    message: string,
    hint: string,
    headers: Readonly<Record<string, string>> = {},
    cause?: unknown,
  ) {
    super(code, message, hint, cause);
    this.name = 'Problem';
    this.status = status;
    this.headers = headers;
  }
}

export const problemType = 'application/problem+json';

export function problemUri(code: string): string {
  return `urn:parley:problem:${code}`;
}

/** What is told to the caller; the text of an unknown error stays in the log. */
export function asProblem(thrown: unknown): Problem {
  if (thrown instanceof Problem) return thrown;
  if (thrown instanceof Failure && thrown.code === 'bad-amount')
    return new Problem(400, thrown.code, thrown.message, thrown.hint);
  return new Problem(
    500,
    'internal',
    'the service failed',
    'try again; the log has the reason under this trace id',
    {},
    thrown,
  );
}

/** Answers with a problem, unless an answer is on its way already: then the connection is cut, so that nobody takes it for whole. */
export function sendProblem(response: ServerResponse, problem: Problem, traceId: string): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const body = JSON.stringify({
    type: problemUri(problem.code),
    title: problem.code.replaceAll('-', ' '),
    status: problem.status,
    detail: problem.message,
    hint: problem.hint,
    traceId,
  });
  response.statusCode = problem.status;
  for (const [name, value] of Object.entries(problem.headers)) response.setHeader(name, value);
  response.setHeader('content-type', problemType);
  response.setHeader('content-length', Buffer.byteLength(body));
  response.end(body);
}
