/** One cause of a refusal; `field` is the path of the field (`spec.template.spec.containers[0].name`). */
export interface StatusCause {
  readonly reason?: string;
  readonly message: string;
  readonly field?: string;
}

export interface StatusDetails {
  readonly name?: string;
  readonly group?: string;
  readonly kind?: string;
  readonly uid?: string;
  readonly causes?: readonly StatusCause[];
  readonly retryAfterSeconds?: number;
}

/** The wire form: https://kubernetes.io/docs/reference/generated/kubernetes-api/v1.36/#status-v1-meta */
export interface Status {
  readonly kind: 'Status';
  readonly apiVersion: 'v1';
  readonly metadata: Record<string, never>;
  readonly status: 'Failure' | 'Success';
  readonly message?: string;
  readonly reason?: string;
  readonly details?: StatusDetails;
  readonly code: number;
}

/** A refusal in the words of the Kubernetes API: HTTP code, machine reason, message for people, details. */
export class StatusError extends Error {
  readonly code: number;
  readonly reason: string;
  readonly details: StatusDetails | undefined;

  constructor(code: number, reason: string, message: string, details?: StatusDetails, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'StatusError';
    this.code = code;
    this.reason = reason;
    this.details = details;
  }
}

/** What a message is about: the resource as kubectl prints it. */
export interface Subject {
  /** Plural: `deployments`. */
  readonly plural: string;
  readonly group: string;
  /** Used by `invalid`, which names the kind: `Deployment`. */
  readonly kind?: string;
}

/** One problem with one field, as admission reports it. */
export interface FieldError {
  readonly field: string;
  readonly type: 'Required' | 'Invalid' | 'Forbidden' | 'NotSupported' | 'Duplicate';
  /** The offending value; left out for Required and Forbidden. */
  readonly value?: unknown;
  readonly detail: string;
}

const resourceOf = (subject: Subject): string =>
  subject.group === '' ? subject.plural : `${subject.plural}.${subject.group}`;
const detailsOf = (subject: Subject, name: string): StatusDetails => ({
  name,
  ...(subject.group === '' ? {} : { group: subject.group }),
  kind: subject.plural,
});

export const notFound = (subject: Subject, name: string): StatusError =>
  new StatusError(404, 'NotFound', `${resourceOf(subject)} "${name}" not found`, detailsOf(subject, name));

export const alreadyExists = (subject: Subject, name: string): StatusError =>
  new StatusError(409, 'AlreadyExists', `${resourceOf(subject)} "${name}" already exists`, detailsOf(subject, name));

export const conflict = (subject: Subject, name: string, why: string): StatusError =>
  new StatusError(
    409,
    'Conflict',
    `Operation cannot be fulfilled on ${resourceOf(subject)} "${name}": ${why}`,
    detailsOf(subject, name),
  );

/** The conflict of a write with an old resourceVersion; clients retry on exactly this. */
export const staleVersion = (subject: Subject, name: string): StatusError =>
  conflict(
    subject,
    name,
    'the object has been modified; please apply your changes to the latest version and try again',
  );

export const forbidden = (subject: Subject, name: string, why: string, causes?: readonly StatusCause[]): StatusError =>
  new StatusError(403, 'Forbidden', `${resourceOf(subject)} "${name}" is forbidden: ${why}`, {
    ...detailsOf(subject, name),
    ...(causes ? { causes } : {}),
  });

export const badRequest = (message: string): StatusError => new StatusError(400, 'BadRequest', message);

export const expired = (since: string, oldest: number): StatusError =>
  new StatusError(410, 'Expired', `too old resource version: ${since} (${oldest})`);

export const methodNotAllowed = (message: string): StatusError => new StatusError(405, 'MethodNotAllowed', message);

const titles: Record<FieldError['type'], string> = {
  Required: 'Required value',
  Invalid: 'Invalid value',
  Forbidden: 'Forbidden',
  NotSupported: 'Unsupported value',
  Duplicate: 'Duplicate value',
};

/** `spec.replicas: Invalid value: -1: must be at least 0` */
export function describeFieldError(error: FieldError): string {
  const shown = error.value === undefined ? '' : `: ${JSON.stringify(error.value)}`;
  return `${error.field}: ${titles[error.type]}${shown}: ${error.detail}`;
}

/** 422 with every field error of the object at once, in `details.causes` with the path of each field. */
export function invalid(subject: Subject, name: string, errors: readonly FieldError[]): StatusError {
  const kind = subject.kind ?? subject.plural;
  const shown = subject.group === '' ? kind : `${kind}.${subject.group}`;
  const messages = errors.map(describeFieldError);
  const message = messages.length === 1 ? messages[0] : `[${messages.join(', ')}]`;
  return new StatusError(422, 'Invalid', `${shown} "${name}" is invalid: ${message}`, {
    name,
    ...(subject.group === '' ? {} : { group: subject.group }),
    kind,
    causes: errors.map((error) => ({
      reason: `FieldValue${error.type}`,
      message: describeFieldError(error).slice(error.field.length + 2),
      field: error.field,
    })),
  });
}

/** The body that goes over the wire. */
export function statusOf(error: StatusError): Status {
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: error.message,
    reason: error.reason,
    ...(error.details ? { details: error.details } : {}),
    code: error.code,
  };
}
