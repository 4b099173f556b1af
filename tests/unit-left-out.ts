/** Says once, before the unit tests, which of them need files that are not there. */
export function setup(): void {
  const missing = ['PARLEY_TEST_FLAGGER_CRDS', 'PARLEY_TEST_ARGO_CRDS'].filter((name) => !process.env[name]);
  if (missing.length === 0) return;
  const why = `${missing.join(' and ')} (a file or a folder with the resource types) not set`;
  process.stdout.write(`left out: rollout/export/resource-types.test.ts: ${why}\n`);
}
