export { type Clock, systemClock, timestamp } from '../kube/clock.ts';
