/** Health and metrics of every service, and of the edge (docs/architecture.md): `/livez`, `/readyz`, `/metrics`. */
export const adminPort = 9090;
