import type { Chart } from 'cdk8s';
import type { KubeObject } from '../mesh/objects.ts';

/** The objects of a chart, in no particular order. */
export function objectsOf(chart: Chart): KubeObject[] {
  return chart.toJson().map(asKubeObject);
}

function asKubeObject(object: unknown): KubeObject {
  if (!isKubeObject(object)) throw new TypeError(`cdk8s made no object of Kubernetes: ${JSON.stringify(object)}`);
  return object;
}

function isKubeObject(object: unknown): object is KubeObject {
  if (typeof object !== 'object' || object === null) return false;
  if (!('apiVersion' in object && 'kind' in object && 'metadata' in object)) return false;
  const { metadata } = object;
  return typeof metadata === 'object' && metadata !== null && 'name' in metadata && typeof metadata.name === 'string';
}
