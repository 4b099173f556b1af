import manifest from '../../package.json' with { type: 'json' };

/** The controller as a program of its own: of the kit's version, in one file as releases are. */
export const controllerProgram = {
  name: 'rollouts',
  version: manifest.version,
  /** Relative to the repository. */
  entry: 'rollout/main.ts',
  description: 'controller of Rollouts',
} as const;

/** As the charts call its image. */
export const controllerImage = `parley/${controllerProgram.name}:${controllerProgram.version}`;
