import { type MeshIntent, type MeshName, meshNames } from './intent.ts';
import { istio } from './istio/mesh.ts';
import { linkerd } from './linkerd/mesh.ts';
import type { Compiled, Mesh } from './mesh.ts';
import { assertValid } from './validate.ts';

const meshes: Readonly<Record<MeshName, Mesh>> = { istio, linkerd };

/** The mesh of that name; throws {@link UnknownMeshError} with the list of those there are. */
export function meshOf(name: string): Mesh {
  const known = meshNames.find((each) => each === name);
  if (known === undefined) throw new UnknownMeshError(name);
  return meshes[known];
}

/** No mesh has that name. */
export class UnknownMeshError extends Error {
  readonly code = 'UnknownMesh';
  readonly hint = `choose one of: ${meshNames.join(', ')}`;

  constructor(name: string) {
    super(`unknown mesh \`${name}\`; known: ${meshNames.join(', ')}`);
    this.name = 'UnknownMeshError';
  }
}

/**
 * Turns the intent into Gateway API routes and the policy of the mesh.
 * Throws {@link UnknownMeshError}, and IntentError with everything that is wrong with the intent.
 */
export function compile(intent: MeshIntent, mesh: string): Compiled {
  const target = meshOf(mesh);
  assertValid(intent);
  return target.compile(intent);
}
