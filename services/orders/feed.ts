/** Wakes those who wait for a change in an account. It says that there is something to read, not what. */
export interface Feed {
  /** Resolves at the next change; take it before reading, or a change in between is missed. */
  next(accountId: string): { readonly changed: Promise<void>; cancel(): void };
  changed(accountId: string): void;
  /** Wakes everyone: some changes may have gone unheard. */
  all(): void;
}

export function changeFeed(): Feed {
  const waiting = new Map<string, Set<() => void>>();
  const wake = (accountId: string) => {
    const waiters = waiting.get(accountId);
    waiting.delete(accountId);
    for (const resume of waiters ?? []) resume();
  };
  return {
    next: (accountId) => {
      const { promise, resolve } = Promise.withResolvers<void>();
      const waiters = waiting.get(accountId) ?? new Set();
      waiting.set(accountId, waiters.add(resolve));
      const cancel = () => {
        waiters.delete(resolve);
        if (waiters.size === 0 && waiting.get(accountId) === waiters) waiting.delete(accountId);
      };
      return { changed: promise, cancel };
    },
    changed: wake,
    all: () => {
      for (const accountId of [...waiting.keys()]) wake(accountId);
    },
  };
}
