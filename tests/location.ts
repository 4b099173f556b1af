import type { Commands } from './commands.ts';

/** Where an exchange is, and what a user types there: a state folder, host ports and an environment of its own. */
export interface Location extends Commands {
  readonly home: string;
  readonly kubeconfig: string;
  readonly httpPort: number;
  readonly httpsPort: number;
  readonly http: string;
  readonly https: string;
  /** A folder for files of a test; it goes with the exchange. */
  readonly scratch: string;
}
