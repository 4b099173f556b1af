import { createHash } from 'node:crypto';
import { stringify } from 'yaml';

/** YAML of a configuration for programs that read YAML 1.1 or 1.2: what one of them would take for something else is quoted. */
export function configFile(config: object): string {
  return stringify(config, { version: '1.1', lineWidth: 0, aliasDuplicateObjects: false });
}

/** Stands for the contents of files in an annotation of the Pod, so that a change of them rolls it. */
export function digestOf(files: Readonly<Record<string, string>>): string {
  return createHash('sha256').update(JSON.stringify(files)).digest('hex').slice(0, 16);
}
