import { gatewayApiStep, removeGatewayApi } from '../../install/gateway-api.ts';
import { istioStep, removeIstio } from '../../install/istio.ts';
import type { Site } from '../../install/site.ts';
import type { Step } from '../../install/step.ts';
import { exchange } from '../../mesh/exchange.ts';
import type { MeshName } from '../../mesh/intent.ts';
import { otlpGrpcPort } from '../../mesh/ports.ts';
import { hostOf } from '../../observability/names.ts';
import { Failure } from '../failure.ts';
import type { TargetRequest } from './target.ts';

/** What a cluster needs before any object of the exchange, whoever made the cluster. */
export function meshSteps(site: Site, { settings, ledger }: TargetRequest): Step[] {
  const { mesh, capture = 'cni', meshMetrics, parts } = settings;
  if (mesh !== 'istio') throw notYet(mesh);
  const collector = parts.includes('collector') ? { service: hostOf('collector'), port: otlpGrpcPort } : undefined;
  return [
    gatewayApiStep(site, mesh, ledger),
    istioStep(site, { trustDomain: exchange.trustDomain, capture, meshMetrics, collector }, ledger),
  ];
}

/** Takes away what {@link meshSteps} made, the last first. */
export async function removeMesh(site: Site, mesh: MeshName, made: readonly string[]): Promise<void> {
  if (made.includes('mesh')) await removeIstio(site);
  if (made.includes('gateway-api')) await removeGatewayApi(site, mesh);
}

function notYet(mesh: MeshName): Failure {
  return new Failure('NotYet', `the mesh ${mesh} is not installed by parley yet`, {
    hint: 'Type: parley up --mesh istio',
  });
}
