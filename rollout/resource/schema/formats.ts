import { releasePattern } from '../../../mesh/release.ts';
import { durationPattern, percentPattern, sharePattern } from '../quantities.ts';
import { type Schema, text } from './schema.ts';

/** Forms of text that several parts of the resource use, each with an example that says what to write. */
export const release = (description: string): Schema =>
  text(description, 40, { pattern: releasePattern.source, example: '2.0.0' });

export const percent = (description: string): Schema =>
  text(description, 12, { pattern: percentPattern.source, example: '150%' });

export const share = (description: string): Schema =>
  text(description, 12, { pattern: sharePattern.source, example: '0.5%' });

export const duration = (description: string): Schema =>
  text(description, 32, { pattern: durationPattern.source, example: '1m30s' });

export const serviceName = (description: string): Schema =>
  text(description, 61, { pattern: '^[a-z]([-a-z0-9]*[a-z0-9])?$', example: 'accounts' });

/** Names of checks and calls, which reports and metrics repeat. */
export const name = (description: string): Schema =>
  text(description, 63, { pattern: '^[a-z0-9]([-a-z0-9]*[a-z0-9])?$', example: 'open-an-account' });
