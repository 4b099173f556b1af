import type { Command } from '../command.ts';
import { readInput } from '../input.ts';
import { writeDocument } from '../output/document.ts';

export const apply: Command = {
  name: 'apply',
  summary: 'bring objects to the cluster, three-way like `kubectl apply`',
  options: [{ flags: '-f, --filename <file>', description: 'YAML or JSON, `-` for stdin', default: '-' }],
  outputs: ['text', 'json'],
  examples: [
    { line: 'parley render | parley apply', what: 'the defaults' },
    { line: 'parley apply -f my-route.yaml', what: 'objects of your own' },
  ],
  async run(context, { output, text }) {
    const { applyAll } = await import('../apply/apply.ts');
    const { parseManifest } = await import('../apply/manifest.ts');
    const { openCluster } = await import('../cluster.ts');
    const { stateFolder } = await import('../state-folder.ts');
    const file = text('filename') ?? '-';
    const objects = parseManifest(await readInput(context, '--filename', file), file === '-' ? 'stdin' : file);
    const applied = await applyAll(await openCluster(stateFolder(context).kubeconfig), objects);
    if (output !== 'text') await writeDocument(context.stdout, output, 'Applied', { objects: applied });
    else for (const { kind, name, result } of applied) context.stdout.write(`${kind} ${name} ${result}\n`);
    return 'ok';
  },
};
