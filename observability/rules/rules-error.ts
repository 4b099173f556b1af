/** Metrics were asked for that the mesh does not have. */
export class RulesError extends Error {
  readonly code = 'MeshMetricsUnknown';
  readonly hint: string;

  constructor(mesh: string, meshMetrics: string, meshes: readonly string[]) {
    super(`--mesh-metrics ${meshMetrics}: ${mesh} has no such metrics (${meshes.join(', ')} has)`);
    this.name = 'RulesError';
    this.hint = 'leave --mesh-metrics out, or say --mesh-metrics standard';
  }
}
