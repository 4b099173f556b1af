import type { InstallOptions } from '../../mesh/linkerd/install.ts';
import { versions } from '../../mesh/versions.ts';

/** What the control plane is rendered from; paths of files. */
export interface ControlPlaneFiles {
  readonly values: string;
  readonly anchors: string;
  readonly issuer: string;
  readonly issuerKey: string;
}

/** How long the command line waits for what it checks to come true. */
const checkFlags = ['--output', 'short', '--wait', '5m0s', '--expected-version', versions.meshes.linkerd.version];

/**
 * Arguments of `linkerd` of the pinned release (https://linkerd.io/2/reference/cli/). `install` refuses a cluster that has a
 * control plane; `upgrade` takes the same files, and refuses an issuer that running proxies do not trust.
 */
export const linkerdArgs = {
  installCni: ['install-cni'],
  checkBefore: (capture: InstallOptions['capture']) => [
    'check',
    '--pre',
    ...(capture === 'cni' ? ['--linkerd-cni-enabled'] : []),
    ...checkFlags,
  ],
  resourceTypes: (there: boolean) => [there ? 'upgrade' : 'install', '--crds'],
  controlPlane: (there: boolean, files: ControlPlaneFiles) => [
    there ? 'upgrade' : 'install',
    '--values',
    files.values,
    '--identity-trust-anchors-file',
    files.anchors,
    '--identity-issuer-certificate-file',
    files.issuer,
    '--identity-issuer-key-file',
    files.issuerKey,
  ],
  check: ['check', ...checkFlags],
  uninstall: ['uninstall'],
} as const;
