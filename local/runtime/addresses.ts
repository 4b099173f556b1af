/** Addresses of Pods in the block of this cluster. */
export interface Addresses {
  /** An address that no Pod has, and none had for as long as possible. Throws when all 64,000 are taken. */
  take(): string;
  /** Marks an address of a Pod that was there before. */
  claim(ip: string): void;
  release(ip: string): void;
}

const first = 256 + 1;
const last = 254 * 256 + 254;

/** `block` is the first two bytes: `127.70` gives 127.70.1.1, 127.70.1.2 ... */
export function createAddresses(block: string): Addresses {
  const taken = new Set<string>();
  let next = first;
  const format = (host: number) => `${block}.${host >> 8}.${host & 255}`;
  const step = () => {
    const host = next;
    next = next >= last ? first : next + 1;
    return host;
  };
  return {
    take() {
      for (let tries = first; tries <= last; tries += 1) {
        const host = step();
        const usable = (host & 255) !== 0 && (host & 255) !== 255;
        if (!usable || taken.has(format(host))) continue;
        taken.add(format(host));
        return format(host);
      }
      throw new Error(`no free Pod address in ${block}.0.0/16: delete some Pods`);
    },
    claim(ip) {
      taken.add(ip);
      const [, , high, low] = ip.split('.').map(Number);
      next = Math.max(next, Math.min(last, (high ?? 0) * 256 + (low ?? 0) + 1));
    },
    release: (ip) => void taken.delete(ip),
  };
}
