/** Why a container waits: a reason as Kubernetes names it, and a message with the next step. */
export class ContainerError extends Error {
  readonly reason: string;
  /** How the first failure is called before the waiting becomes `reason` (ErrImagePull before ImagePullBackOff). */
  readonly firstReason: string;

  constructor(
    reason: string,
    message: string,
    options: { readonly firstReason?: string; readonly cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause });
    this.name = 'ContainerError';
    this.reason = reason;
    this.firstReason = options.firstReason ?? reason;
  }
}

/** A reference or a field that cannot be resolved now; it may be later. */
export function configError(message: string): ContainerError {
  return new ContainerError('CreateContainerConfigError', message);
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
