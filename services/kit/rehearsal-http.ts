import type { ServerResponse } from 'node:http';
import { setTimeout as after } from 'node:timers/promises';
import type { HttpHandler } from './http-server.ts';
import { Problem } from './problem.ts';
import { evenly, type Fault, renameField } from './rehearsal.ts';

/** Puts a fault around an HTTP handler. */
export interface HttpFaults {
  around(handler: HttpHandler): HttpHandler;
}

/** @param graphql faults show in the GraphQL body instead of the HTTP status, as a real GraphQL service would fail. */
export function httpFaults(fault: Fault, graphql: boolean): HttpFaults {
  const hits = evenly('share' in fault ? fault.share : 1);
  return {
    around: (handler) => async (request, response, call) => {
      if (!hits()) return handler(request, response, call);
      switch (fault.kind) {
        case 'errors':
          if (!graphql)
            throw new Problem(500, 'rehearsed-error', 'this release fails on purpose', 'roll it back: parley split');
          call.failed = true;
          rewriteBody(response, () => ({
            data: null,
            errors: [{ message: 'this release fails on purpose', extensions: { code: 'REHEARSED_ERROR' } }],
          }));
          break;
        case 'latency':
          await after(fault.delayMs);
          break;
        case 'wrong-body':
          rewriteBody(response, () => ({ unexpected: 'this body is wrong on purpose' }));
          break;
        case 'breaks-v1':
          if (graphql || request.url?.startsWith('/v1/'))
            rewriteBody(response, (body) => renameField(body, fault.field, fault.becomes));
          break;
        case 'crash':
          break;
      }
      return handler(request, response, call);
    },
  };
}

/** Holds a JSON answer back until it is whole and sends `rewrite` of it. Answers that are not JSON pass. */
function rewriteBody(response: ServerResponse, rewrite: (body: unknown) => unknown): void {
  const chunks: Buffer[] = [];
  const { writeHead, end } = response;
  const keep = (chunk: unknown) => {
    if (typeof chunk === 'string') chunks.push(Buffer.from(chunk));
    else if (chunk instanceof Uint8Array) chunks.push(Buffer.from(chunk));
  };
  response.writeHead = (status: number, ...rest: unknown[]) => {
    response.statusCode = status;
    const headers = rest.find((given) => typeof given === 'object' && given !== null && !Array.isArray(given));
    for (const [name, value] of Object.entries(headers ?? {})) response.setHeader(name, value);
    return response;
  };
  response.write = (chunk: unknown) => {
    keep(chunk);
    return true;
  };
  response.end = (...given: unknown[]) => {
    keep(given[0]);
    const whole = Buffer.concat(chunks);
    const json = /[/+-]json\b/.test(String(response.getHeader('content-type')));
    const body = json && whole.length > 0 ? Buffer.from(JSON.stringify(rewrite(JSON.parse(whole.toString())))) : whole;
    response.writeHead = writeHead;
    response.end = end;
    response.setHeader('content-length', body.length);
    Reflect.deleteProperty(response, 'write');
    return response.end(body);
  };
}
