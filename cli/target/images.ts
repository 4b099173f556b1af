import type { Push } from '../../install/images/build-images.ts';
import type { Settings } from './settings.ts';
import type { TargetImages } from './target.ts';

/** How the nodes of a cluster get the images of releases: by loading them into those of a kind cluster, or out of a registry. */
export type Delivery = { readonly kind: string } | { readonly push: Push };

/** Images of releases, built in the engine of this machine. */
export function targetImages(deliveryOf: (settings: Settings) => Delivery): TargetImages {
  const pushOf = (settings: Settings) => {
    const delivery = deliveryOf(settings);
    return 'push' in delivery ? delivery : {};
  };
  return {
    async names({ env, signal, repo }, settings) {
      const { releaseImages } = await import('../../install/images/build-images.ts');
      return namesOf(await releaseImages({ repo, env, signal, ...pushOf(settings) }));
    },
    async build({ context: { env, signal, repo }, settings }, say) {
      const { bringImages } = await import('../../install/images/build-images.ts');
      const brought = await bringImages({ repo, env, signal, say, ...pushOf(settings) });
      return { names: namesOf(brought), built: brought.filter(({ built }) => built).length };
    },
    async deliver({ context: { env, signal }, settings }, names, say) {
      const delivery = deliveryOf(settings);
      if ('push' in delivery) return undefined;
      const { loadImages } = await import('../../install/images/load-images.ts');
      return (await loadImages(delivery.kind, names, { env, signal, say })).loaded.length;
    },
  };
}

function namesOf(images: readonly { readonly name: string; readonly tag: string }[]): Record<string, string> {
  return Object.fromEntries(images.map(({ name, tag }) => [name, tag]));
}
