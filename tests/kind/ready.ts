import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { answers } from '../../cli/target/choose.ts';
import { testPlace } from '../target.ts';

/** Asked without a cluster, each exits 0 where it is installed. */
const installers = {
  istio: ['istioctl', 'version', '--remote=false'],
  linkerd: ['linkerd', 'version', '--client'],
} as const;
/** Tells this outcome from a program that broke. */
const leftOut = 3;

/** What the machine lacks for the kind ring; undefined when it has all. */
async function lacking(): Promise<string | undefined> {
  const [program, ...args] = installers[testPlace().mesh];
  if (!(await answers('docker', ['version', '--format', '{{.Server.Version}}'], process.env)))
    return 'no Docker engine answers';
  if (!(await answers('kind', ['version'], process.env))) return '`kind` is not on PATH';
  if (!(await answers(program, args, process.env))) return `\`${program}\` is not on PATH`;
  return undefined;
}

/** `node tests/kind/ready.ts [FOLDER]`: exits 0 when the kind ring can run, else 3 after a line that says why; the line also goes to FOLDER. */
const lack = await lacking();
if (lack !== undefined) {
  const line = `ring kind (tests/suite and tests/kind in a kind cluster): ${lack}`;
  process.stdout.write(`left out: ${line}\n`);
  const folder = process.argv[2];
  if (folder) writeFileSync(join(folder, 'kind.left-out'), `${line}\n`);
  process.exitCode = leftOut;
}
