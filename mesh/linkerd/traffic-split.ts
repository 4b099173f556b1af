import { type MeshIntent, routed } from '../intent.ts';
import type { Finding } from '../mesh.ts';
import type { KubeObject } from '../objects.ts';
import { edgeRoute, meshRoute, type RouteExtras, unmatched } from '../routes.ts';
import { versions } from '../versions.ts';
import { carriedOutByRendering } from './gateway.ts';
import { retry } from './retry.ts';
import { timeout } from './timeout.ts';

/**
 * Routes and weights. They hold no field that Gateway API 1.2.1 does not know: Linkerd ignores a whole route over one such field.
 * The edge is a member of the mesh and calls the apex Services, so its own proxy follows the mesh routes; the edge routes say
 * the same for whoever else reads them.
 */
export function trafficSplit(intent: MeshIntent): { objects: KubeObject[]; notExpressed: Finding[] } {
  const objects: KubeObject[] = [];
  const notExpressed: Finding[] = [];
  for (const service of routed(intent)) {
    const retries = retry(intent, service);
    const timeouts = timeout(intent, service);
    const extras: RouteExtras = { rule: {}, annotations: { ...retries.annotations, ...timeouts.annotations } };
    const edge = edgeRoute(intent, service, {
      ...extras,
      annotations: { ...extras.annotations, ...carriedOutByRendering },
    });
    objects.push(
      meshRoute(intent, service, extras, versions.meshes.linkerd.gatewayApi.tcpRoute),
      ...(edge ? [edge] : []),
    );
    notExpressed.push(...unmatched(intent, service), ...retries.notExpressed, ...timeouts.notExpressed);
  }
  return { objects, notExpressed };
}
