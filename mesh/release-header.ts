/** Answers of everything that is built on services/kit name the release that answered in this header, in lower case as Node has it. */
export const releaseHeader = 'x-parley-release';
