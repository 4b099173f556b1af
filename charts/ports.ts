import type { ServiceIntent } from '../mesh/intent.ts';
import { k8s } from './cdk8s-plus.ts';
import type { ChartContext } from './context.ts';

/** Named after its protocol, which both meshes read where `appProtocol` is not set. */
export function servicePort({ mesh }: ChartContext, { port, protocol }: ServiceIntent): k8s.ServicePort {
  return {
    name: protocol,
    port,
    targetPort: k8s.IntOrString.fromNumber(port),
    protocol: 'TCP',
    appProtocol: mesh.appProtocol(protocol),
  };
}
