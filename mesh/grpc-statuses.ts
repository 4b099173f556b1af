/**
 * Classes of `code_class`: those of HTTP; gRPC statuses count as the class that says whose fault it was.
 * `none`: no answer came. `cancelled`: the caller gave up, which is nobody's failure.
 */
const codeClasses = ['1xx', '2xx', '3xx', '4xx', '5xx', 'none', 'cancelled'] as const;
export type CodeClass = (typeof codeClasses)[number];

/** gRPC statuses, by number; `class` is what a call that ended so counts as (https://grpc.io/docs/guides/status-codes/). */
export const grpcStatuses: readonly { readonly code: number; readonly name: string; readonly class: CodeClass }[] = [
  { code: 0, name: 'OK', class: '2xx' },
  { code: 1, name: 'CANCELLED', class: 'cancelled' },
  { code: 2, name: 'UNKNOWN', class: '5xx' },
  { code: 3, name: 'INVALID_ARGUMENT', class: '4xx' },
  { code: 4, name: 'DEADLINE_EXCEEDED', class: '5xx' },
  { code: 5, name: 'NOT_FOUND', class: '4xx' },
  { code: 6, name: 'ALREADY_EXISTS', class: '4xx' },
  { code: 7, name: 'PERMISSION_DENIED', class: '4xx' },
  { code: 8, name: 'RESOURCE_EXHAUSTED', class: '4xx' },
  { code: 9, name: 'FAILED_PRECONDITION', class: '4xx' },
  { code: 10, name: 'ABORTED', class: '4xx' },
  { code: 11, name: 'OUT_OF_RANGE', class: '4xx' },
  { code: 12, name: 'UNIMPLEMENTED', class: '5xx' },
  { code: 13, name: 'INTERNAL', class: '5xx' },
  { code: 14, name: 'UNAVAILABLE', class: '5xx' },
  { code: 15, name: 'DATA_LOSS', class: '5xx' },
  { code: 16, name: 'UNAUTHENTICATED', class: '4xx' },
];
