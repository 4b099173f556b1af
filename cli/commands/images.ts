import type { Push } from '../../install/images/build-images.ts';
import type { Command } from '../command.ts';
import { writeDocument } from '../output/document.ts';
import { platformsOf } from '../target/settings.ts';

export const images: Command = {
  name: 'images',
  summary: 'container images of the releases and of the controller of rollouts, in the Docker engine or in a registry',
  args: [{ name: '[services...]', description: 'whose images, `rollouts` for the controller (else all)' }],
  options: [
    { flags: '--push <registry>', description: 'push them there; their names begin with it' },
    { flags: '--platforms <list>', description: 'linux/amd64,linux/arm64 instead of the engine’s own; needs --push' },
  ],
  outputs: ['text', 'json', 'yaml'],
  examples: [
    { line: 'parley images', what: 'builds what the engine lacks; what is unchanged keeps its tag' },
    {
      line: 'parley images --push registry.example/team --platforms linux/amd64,linux/arm64',
      what: 'for clusters of both kinds of machine',
    },
    {
      line: 'PARLEY_BASE_IMAGE=debian:bookworm-slim parley images',
      what: 'on another base; PARLEY_NODE_IMAGE says where node comes from',
    },
  ],
  async run(context, { args, output, text }) {
    const { bringImages } = await import('../../install/images/build-images.ts');
    const { createProgress } = await import('../output/progress.ts');
    const { repo, env, signal } = context;
    const progress = createProgress(context.stderr, env, context.clock);
    const push = pushOf(text('push'), text('platforms'));
    const services = args.length > 0 ? args : undefined;
    const brought = await progress.step(
      'images',
      (say) => bringImages({ repo, env, signal, say, push, services }),
      (done) => `${done.length}, ${done.filter(({ built }) => built).length} built`,
    );
    if (output !== 'text') {
      await writeDocument(context.stdout, output, 'Images', { images: brought });
      return 'ok';
    }
    const { table } = await import('../output/table.ts');
    const columns = [
      { title: 'IMAGE', cell: (row: (typeof brought)[number]) => row.tag },
      { title: 'STATE', cell: ({ built, pushed }: (typeof brought)[number]) => stateOf(built, pushed) },
    ];
    context.stdout.write(table(brought, columns));
    return 'ok';
  },
};

function stateOf(built: boolean, pushed: boolean): string {
  return `${built ? 'built' : 'unchanged'}${pushed ? ', pushed' : ''}`;
}

function pushOf(registry: string | undefined, list: string | undefined): Push | undefined {
  const platforms = platformsOf(list, registry || undefined, '--push');
  return registry ? { registry, platforms } : undefined;
}
