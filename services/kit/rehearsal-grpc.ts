import { setTimeout as after } from 'node:timers/promises';
import { create, type DescMessage, fromJson, type Message, toJson } from '@bufbuild/protobuf';
import { Code, ConnectError, type Interceptor } from '@connectrpc/connect';
import { evenly, type Fault, renameField } from './rehearsal.ts';

/** Puts a fault around gRPC calls; the health service is exempt. */
export function grpcFaults(fault: Fault): Interceptor {
  const hits = evenly('share' in fault ? fault.share : 1);
  return (next) => async (request) => {
    const { typeName } = request.service;
    if (typeName.startsWith('grpc.health.') || !hits()) return next(request);
    if (fault.kind === 'errors') throw new ConnectError('this release fails on purpose', Code.Internal);
    if (fault.kind === 'latency') await after(fault.delayMs);
    const change = changeOf(fault, typeName);
    const response = await next(request);
    if (!change) return response;
    const { output } = request.method;
    if (!response.stream) return { ...response, message: change(output, response.message) };
    return { ...response, message: changed(response.message, (message) => change(output, message)) };
  };
}

type Change = (output: DescMessage, message: Message) => Message;

function changeOf(fault: Fault, typeName: string): Change | undefined {
  if (fault.kind === 'wrong-body') return (output) => create(output);
  if (fault.kind !== 'breaks-v1' || !typeName.includes('.v1.')) return undefined;
  return (output, message) =>
    fromJson(output, JSON.parse(JSON.stringify(renameField(toJson(output, message), fault.field, fault.becomes))));
}

async function* changed(
  messages: AsyncIterable<Message>,
  change: (message: Message) => Message,
): AsyncIterable<Message> {
  for await (const message of messages) yield change(message);
}
