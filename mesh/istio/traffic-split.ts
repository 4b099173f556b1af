import { type MeshIntent, routed } from '../intent.ts';
import type { Finding } from '../mesh.ts';
import type { KubeObject } from '../objects.ts';
import { edgeRoute, meshRoute, type RouteExtras, unmatched } from '../routes.ts';
import { versions } from '../versions.ts';
import { retry } from './retry.ts';
import { timeout } from './timeout.ts';

/**
 * Routes and weights. Istio's gateway does not follow routes whose parent is a Service, so the edge route repeats weights,
 * retries and time-outs of the mesh route.
 */
export function trafficSplit(intent: MeshIntent): { objects: KubeObject[]; notExpressed: Finding[] } {
  const objects: KubeObject[] = [];
  const notExpressed: Finding[] = [];
  for (const service of routed(intent)) {
    const retries = retry(intent, service);
    const timeouts = timeout(intent, service);
    const extras: RouteExtras = { rule: { ...timeouts.rule, ...retries.rule }, annotations: {} };
    const edge = edgeRoute(intent, service, extras);
    objects.push(
      meshRoute(intent, service, extras, versions.meshes.istio.gatewayApi.tcpRoute),
      ...(edge ? [edge] : []),
    );
    notExpressed.push(...unmatched(intent, service), ...retries.notExpressed, ...timeouts.notExpressed);
  }
  return { objects, notExpressed };
}
