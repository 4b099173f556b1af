import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from '../command.ts';
import { writeDocument } from '../output/document.ts';

export const version: Command = {
  name: 'version',
  summary: 'versions of parley, Node and the platform',
  outputs: ['text', 'json', 'yaml'],
  examples: [{ line: 'parley version -o json', what: 'for a bug report' }],
  async run({ stdout, repo }, { output }) {
    const manifest = JSON.parse(readFileSync(join(repo, 'package.json'), 'utf8')) as { readonly version: string };
    const versions = {
      parley: manifest.version,
      node: process.version.slice(1),
      platform: `${process.platform}-${process.arch}`,
    };
    if (output === 'text') {
      stdout.write(`parley ${versions.parley} (Node ${versions.node}, ${versions.platform})\n`);
    } else {
      await writeDocument(stdout, output, 'Version', versions);
    }
    return 'ok';
  },
};
