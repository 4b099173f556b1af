/** Follows the sequence numbers of one stream, over its resumptions: 1, 2, 3 ... each once and in order. */
export class SequenceWatch {
  #last = 0n;
  #count = 0;
  #gaps = 0;
  #duplicates = 0;

  /** The highest that came; 0 before the first. */
  get last(): bigint {
    return this.#last;
  }

  /** How many different ones came. */
  get count(): number {
    return this.#count;
  }

  get whole(): boolean {
    return this.#gaps === 0 && this.#duplicates === 0;
  }

  see(sequence: bigint): void {
    if (sequence <= this.#last) {
      this.#duplicates += 1;
      return;
    }
    this.#gaps += Number(sequence - this.#last) - 1;
    this.#last = sequence;
    this.#count += 1;
  }

  report(): { readonly messages: number; readonly gaps: number; readonly duplicates: number } {
    return { messages: this.#count, gaps: this.#gaps, duplicates: this.#duplicates };
  }

  describe(): string {
    return `${this.#gaps} missing and ${this.#duplicates} repeated sequence numbers up to ${this.#last}`;
  }
}
