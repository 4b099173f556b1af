/** Above the blocks of embedded clusters (127.16 to 127.239); two runs on one machine have different processes. */
const block = `127.${240 + ((process.pid >> 8) % 15)}.${process.pid & 255}`;

/** The address of Pod number `host`, 1 to 254, of a test of this process. */
export const address = (host: number): string => `${block}.${host}`;
