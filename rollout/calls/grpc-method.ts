import { create, createFileRegistry, type DescMethod, type DescMethodUnary, fromJson } from '@bufbuild/protobuf';
import { FileDescriptorProtoSchema, file_google_protobuf_empty } from '@bufbuild/protobuf/wkt';
import { Health } from '../../services/orders/contract/gen/grpc/health/v1/health_pb.js';
import { CallError } from './call-error.ts';

const path = /^\/(?:([A-Za-z_][\w.]*)\.)?([A-Za-z_]\w*)\/([A-Za-z_]\w*)$/;

/** Methods whose messages are known here, by path: their bodies can be written as JSON, and their answers looked into. */
const known: Readonly<Record<string, DescMethodUnary>> = { '/grpc.health.v1.Health/Check': Health.method.check };

export function isGrpcPath(text: string): boolean {
  return path.test(text);
}

export function hasKnownMessages(grpcPath: string): boolean {
  return Object.hasOwn(known, grpcPath);
}

/**
 * The unary method of `/package.Service/Method`. Where its messages are not known the request is the empty message, which is no bytes in
 * protobuf, and any message will do for an answer: then only the status can be judged.
 */
export function unaryMethod(grpcPath: string): DescMethodUnary {
  const found = Object.hasOwn(known, grpcPath) ? known[grpcPath] : undefined;
  return found ?? emptyMethod(grpcPath);
}

/** Why JSON text is no request of the method; empty: it is one. */
export function messageProblems(grpcPath: string, json: string): string[] {
  try {
    fromJson(unaryMethod(grpcPath).input, JSON.parse(json));
    return [];
  } catch (error) {
    return [`body: ${error instanceof Error ? error.message : String(error)}`];
  }
}

function emptyMethod(grpcPath: string): DescMethodUnary {
  const [, inPackage = '', service = '', method = ''] = path.exec(grpcPath) ?? [];
  const empty = '.google.protobuf.Empty';
  const file = create(FileDescriptorProtoSchema, {
    name: 'call.proto',
    package: inPackage,
    syntax: 'proto3',
    dependency: ['google/protobuf/empty.proto'],
    service: [{ name: service, method: [{ name: method, inputType: empty, outputType: empty }] }],
  });
  const registry = createFileRegistry(file, () => file_google_protobuf_empty);
  const made = registry.getService(inPackage === '' ? service : `${inPackage}.${service}`)?.methods[0];
  if (made && isUnary(made)) return made;
  throw new CallError(
    'CallsInvalid',
    `${grpcPath} is no gRPC method`,
    'write it as /package.Service/Method, such as /grpc.health.v1.Health/Check',
  );
}

function isUnary(method: DescMethod): method is DescMethodUnary {
  return method.methodKind === 'unary';
}
