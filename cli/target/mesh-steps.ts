import { defaultCapture } from '../../charts/context.ts';
import { gatewayApiStep, removeGatewayApi } from '../../install/gateway-api.ts';
import { istioCapture, istioStep, removeIstio } from '../../install/istio.ts';
import type { Ledger } from '../../install/ledger.ts';
import { linkerdCapture } from '../../install/linkerd/installed.ts';
import { linkerdSteps, removeLinkerd } from '../../install/linkerd/steps.ts';
import { rolloutTypeStep } from '../../install/rollout-type.ts';
import type { ClusterObjects, Site } from '../../install/site.ts';
import type { Step } from '../../install/step.ts';
import { exchange } from '../../mesh/exchange.ts';
import type { MeshName } from '../../mesh/intent.ts';
import { otlpGrpcPort } from '../../mesh/ports.ts';
import { hostOf, namespace } from '../../observability/names.ts';
import type { TargetRequest } from './target.ts';

/** What a cluster needs before any object of the kit, whoever made the cluster. */
export function clusterSteps(site: Site, request: TargetRequest): Step[] {
  const { settings, ledger } = request;
  return [...meshSteps(site, request), ...(settings.rollouts ? [rolloutTypeStep(site, ledger)] : [])];
}

/** The Gateway API and the mesh. */
export function meshSteps(site: Site, { context, settings, ledger }: TargetRequest): Step[] {
  const { mesh, capture = defaultCapture, parts } = settings;
  const { trustDomain } = exchange;
  const gatewayApi = gatewayApiStep(site, mesh, ledger);
  const traced = parts.includes('collector');
  if (mesh === 'istio') {
    const collector = traced ? { service: hostOf('collector'), port: otlpGrpcPort } : undefined;
    return [gatewayApi, istioStep(site, { trustDomain, capture, collector }, ledger)];
  }
  const endpoint = `collector.${namespace}:${otlpGrpcPort}`;
  const collector = traced ? { endpoint, serviceAccount: 'collector', namespace } : undefined;
  const { epochMs } = context;
  return [gatewayApi, ...linkerdSteps(site, { trustDomain, capture, collector, ledger, epochMs })];
}

/** How an installed mesh gets traffic into its sidecars; undefined when it is not there. */
export function installedCapture(objects: ClusterObjects, mesh: MeshName) {
  return mesh === 'istio' ? istioCapture(objects) : linkerdCapture(objects);
}

/** Takes away what {@link meshSteps} made by the ledger, the last first. */
export async function removeMesh(site: Site, mesh: MeshName, ledger: Ledger): Promise<void> {
  if (ledger.state('mesh')) {
    await (mesh === 'istio' ? removeIstio(site) : removeLinkerd(site));
    ledger.forget('mesh');
  }
  if (ledger.state('gateway-api')) {
    await removeGatewayApi(site, mesh);
    ledger.forget('gateway-api');
  }
}
