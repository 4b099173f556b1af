/**
 * A duration as Gateway API and Istio write it, at most 99999 s: 1500 gives `1s500ms`
 * (https://gateway-api.sigs.k8s.io/geps/gep-2257/).
 */
export function gatewayDuration(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  const rest = ms % 1000;
  if (seconds === 0) return `${rest}ms`;
  return rest === 0 ? `${seconds}s` : `${seconds}s${rest}ms`;
}

/** A duration as Linkerd's annotations take it: one number, one unit. */
export function linkerdDuration(ms: number): string {
  return ms % 1000 === 0 ? `${ms / 1000}s` : `${ms}ms`;
}
