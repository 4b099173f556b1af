/**
 * The one place that imports cdk8s-plus, so that another Kubernetes version of it is a change of this line. The charts use its
 * typed kinds (`k8s.KubeDeployment`, ...): its higher constructs select Pods by a hash of the construct tree, ask for a whole
 * CPU by default, and cannot drop all capabilities or name a seccomp profile. The kinds are the same in the Kubernetes versions
 * of mesh/versions.ts; a newer field (`preStop.sleep`) is a typed patch in workload.ts.
 */
export { k8s } from 'cdk8s-plus-27';
