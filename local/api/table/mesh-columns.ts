import type { Stored } from '../../store/types.ts';
import { ageColumn, at, type Column, type ColumnTable, listAt, nameColumn, text, wide } from './column.ts';

const conditionStatus = (name: string, type: string): Column => ({
  name,
  cell: (object) => {
    const found = listAt(object, 'status.conditions').find((condition) => at(condition, 'type') === type);
    return at(found, 'status') ?? '';
  },
});

const json = (name: string, path: string): Column => ({
  name,
  cell: (object: Stored) => {
    const value = at(object, path);
    return value === undefined ? '' : typeof value === 'string' ? value : JSON.stringify(value);
  },
});

const route = [nameColumn, json('Hostnames', 'spec.hostnames'), ageColumn];

/** The printer columns of the upstream CustomResourceDefinitions of Gateway API, Istio and Linkerd. */
export const meshColumns = (): ColumnTable => ({
  'GatewayClass.gateway.networking.k8s.io': [
    nameColumn,
    text('Controller', 'spec.controllerName', ''),
    conditionStatus('Accepted', 'Accepted'),
    ageColumn,
    wide(text('Description', 'spec.description', '')),
  ],
  'Gateway.gateway.networking.k8s.io': [
    nameColumn,
    text('Class', 'spec.gatewayClassName', ''),
    {
      name: 'Address',
      cell: (object) =>
        listAt(object, 'status.addresses')
          .map((item) => at(item, 'value'))
          .join(','),
    },
    conditionStatus('Programmed', 'Programmed'),
    ageColumn,
  ],
  'HTTPRoute.gateway.networking.k8s.io': route,
  'GRPCRoute.gateway.networking.k8s.io': route,
  'DestinationRule.networking.istio.io': [nameColumn, text('Host', 'spec.host', ''), ageColumn],
  'VirtualService.networking.istio.io': [
    nameColumn,
    json('Gateways', 'spec.gateways'),
    json('Hosts', 'spec.hosts'),
    ageColumn,
  ],
  'ServiceEntry.networking.istio.io': [
    nameColumn,
    json('Hosts', 'spec.hosts'),
    text('Location', 'spec.location', ''),
    text('Resolution', 'spec.resolution', ''),
    ageColumn,
  ],
  'PeerAuthentication.security.istio.io': [nameColumn, text('Mode', 'spec.mtls.mode', ''), ageColumn],
  'AuthorizationPolicy.security.istio.io': [nameColumn, text('Action', 'spec.action', ''), ageColumn],
  'Server.policy.linkerd.io': [
    nameColumn,
    text('Port', 'spec.port', ''),
    text('Protocol', 'spec.proxyProtocol', ''),
    text('Access Policy', 'spec.accessPolicy', ''),
  ],
});
