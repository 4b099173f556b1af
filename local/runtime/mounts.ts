/** Where a volume of a container really is. */
export interface Mount {
  /** Path that the container's program knows. */
  readonly mountPath: string;
  /** Folder or file on this machine. */
  readonly realPath: string;
}

/**
 * There is no mount namespace: a value that names a mounted path gets the real one instead. A value counts when it is a
 * mountPath, begins with one, or has one after `=` or `:` (`--data=/var/lib/x`, `/a:/b`). The longest mountPath wins. Pure.
 */
export function rewriteMounts(text: string, mounts: readonly Mount[]): string {
  if (mounts.length === 0) return text;
  const byPath = new Map(mounts.map(({ mountPath, realPath }) => [mountPath.replace(/\/+$/, ''), realPath]));
  const paths = [...byPath.keys()].sort((left, right) => right.length - left.length).map(literal);
  const pattern = new RegExp(`(?<=^|[=:,])(${paths.join('|')})(?=$|[/:,])`, 'g');
  return text.replaceAll(pattern, (mountPath) => byPath.get(mountPath) ?? mountPath);
}

function literal(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
