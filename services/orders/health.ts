import { Code, ConnectError, type ServiceImpl } from '@connectrpc/connect';
import {
  type Health,
  HealthCheckResponse_ServingStatus as ServingStatus,
} from './contract/gen/grpc/health/v1/health_pb.js';
import { abortedOr } from './stream.ts';

/** The gRPC health service. `ready` says whether calls are welcome; `names` are the services that are served, and `''` for all. */
export function healthService(
  names: readonly string[],
  ready: () => Promise<boolean>,
  draining: AbortSignal,
): ServiceImpl<typeof Health> {
  const statusOf = async (service: string) => {
    if (service !== '' && !names.includes(service))
      throw new ConnectError(`the service ${service} is not served here`, Code.NotFound);
    return { status: !draining.aborted && (await ready()) ? ServingStatus.SERVING : ServingStatus.NOT_SERVING };
  };
  return {
    check: ({ service }) => statusOf(service),
    watch: async function* ({ service }, { signal }) {
      yield await statusOf(service);
      await abortedOr(new Promise(() => {}), AbortSignal.any([draining, signal]));
      if (draining.aborted) yield { status: ServingStatus.NOT_SERVING };
    },
  };
}
