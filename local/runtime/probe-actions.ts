import http from 'node:http';
import http2 from 'node:http2';
import tls from 'node:tls';
import type { Container, Pod, Probe } from 'kubernetes-types/core/v1.js';
import type { PodSandbox } from '../sidecar/types.ts';
import type { Stored } from '../store/types.ts';
import { connectToPod, portNumber } from './probe-target.ts';
import { messageOf } from './runtime-error.ts';

export interface ProbeOutcome {
  readonly ok: boolean;
  /** Why it failed, for the event. */
  readonly message: string;
}

export interface ProbeTarget {
  readonly pod: Stored<Pod>;
  readonly sandbox: PodSandbox;
  readonly container: Container;
  /** Runs a command in the container's environment; resolves with its exit code and its last output. */
  readonly exec: (
    command: readonly string[],
    signal: AbortSignal,
  ) => Promise<{ readonly code: number; readonly output: string }>;
}

type Action = Pick<Probe, 'exec' | 'httpGet' | 'tcpSocket' | 'grpc'>;

/** Makes one attempt (https://kubernetes.io/docs/concepts/configuration/liveness-readiness-startup-probes/). Never rejects. */
export async function probeOnce(target: ProbeTarget, action: Action, signal: AbortSignal): Promise<ProbeOutcome> {
  try {
    if (action.httpGet) return await httpGet(target, action.httpGet, signal);
    if (action.tcpSocket) return await tcpConnect(target, action.tcpSocket, signal);
    if (action.grpc) return await grpcCheck(target, action.grpc, signal);
    const { code, output } = await target.exec(action.exec?.command ?? [], signal);
    return code === 0 ? { ok: true, message: '' } : { ok: false, message: `command exited with ${code}: ${output}` };
  } catch (error) {
    return { ok: false, message: signal.aborted ? 'timed out' : messageOf(error) };
  }
}

/** A GET in which every status from 200 to 399 is a success; used by probes and by lifecycle hooks. */
export async function httpGet(
  { pod, sandbox, container }: ProbeTarget,
  action: NonNullable<Probe['httpGet']>,
  signal: AbortSignal,
): Promise<ProbeOutcome> {
  const port = portNumber(container, action.port);
  const declared = (action.httpHeaders ?? []).map(({ name, value }) => [name, value] as const);
  const headers = {
    host: `${action.host ?? sandbox.ip}:${port}`,
    'user-agent': 'kube-probe/parley',
    ...Object.fromEntries(declared),
  };
  const { promise, resolve, reject } = Promise.withResolvers<ProbeOutcome>();
  const request = http.request({
    path: action.path ?? '/',
    headers: { ...headers, connection: 'close' },
    signal,
    createConnection() {
      const socket = connectToPod(pod, sandbox, port, action.host);
      // As in Kubernetes, an HTTPS probe does not check the certificate.
      return action.scheme === 'HTTPS' ? tls.connect({ socket, rejectUnauthorized: false }) : socket;
    },
  });
  request.once('error', reject);
  request.once('response', (response) => {
    const code = response.statusCode ?? 0;
    response.resume().once('close', () => {
      resolve({ ok: code >= 200 && code < 400, message: `HTTP probe failed with statuscode: ${code}` });
    });
  });
  request.end();
  return promise;
}

async function tcpConnect(
  { pod, sandbox, container }: ProbeTarget,
  action: NonNullable<Probe['tcpSocket']>,
  signal: AbortSignal,
): Promise<ProbeOutcome> {
  const { promise, resolve, reject } = Promise.withResolvers<ProbeOutcome>();
  const socket = connectToPod(pod, sandbox, portNumber(container, action.port), action.host);
  const abort = () => socket.destroy(new Error('timed out'));
  signal.addEventListener('abort', abort);
  socket.once('error', reject);
  socket.once('connect', () => resolve({ ok: true, message: '' }));
  return promise.finally(() => {
    signal.removeEventListener('abort', abort);
    socket.destroy();
  });
}

const servingStatus = 1;

/** https://github.com/grpc/grpc/blob/master/doc/health-checking.md */
async function grpcCheck(
  { pod, sandbox }: ProbeTarget,
  { port, service = '' }: NonNullable<Probe['grpc']>,
  signal: AbortSignal,
): Promise<ProbeOutcome> {
  const { promise, resolve, reject } = Promise.withResolvers<ProbeOutcome>();
  const session = http2.connect('http://probe', { createConnection: () => connectToPod(pod, sandbox, port) });
  session.once('error', reject);
  const path = '/grpc.health.v1.Health/Check';
  const stream = session.request(
    { ':method': 'POST', ':path': path, 'content-type': 'application/grpc', te: 'trailers' },
    { signal },
  );
  const chunks: Buffer[] = [];
  let status = '';
  const readStatus = (headers: http2.IncomingHttpHeaders) => {
    status = String(headers['grpc-status'] ?? status);
  };
  stream.on('response', readStatus).on('trailers', readStatus).once('error', reject);
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  stream.once('end', () => {
    // Five bytes of frame, then field 1 (varint) of HealthCheckResponse.
    const serving = Buffer.concat(chunks).subarray(5);
    const ok = status === '0' && serving[0] === 8 && serving[1] === servingStatus;
    resolve({ ok, message: status === '0' ? 'service unhealthy (not SERVING)' : `grpc-status ${status || 'missing'}` });
  });
  const name = Buffer.from(service, 'utf8');
  const message = name.length === 0 ? name : Buffer.concat([Buffer.from([10, name.length]), name]);
  const frame = Buffer.alloc(5);
  frame.writeUInt32BE(message.length, 1);
  stream.end(Buffer.concat([frame, message]));
  return promise.finally(() => session.destroy());
}
