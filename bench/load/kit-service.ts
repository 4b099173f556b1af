import { z } from 'zod';
import { httpServer } from '../../services/kit/http-server.ts';
import { run } from '../../services/kit/run.ts';

/** The smallest service on the kit: everything that the kit does for a request, and 1 KB of answer. */
const answer = Buffer.alloc(1024, 'x');

process.exitCode = await run(
  {
    name: 'bench',
    settings: z.object({}),
    build: async (kit) => {
      const { metrics, tracing, log } = kit;
      const served = httpServer(
        (_request, response, call) => {
          call.operation = 'GET /';
          response
            .writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': answer.length })
            .end(answer);
        },
        { release: kit.release.version, metrics, tracing, log },
      );
      return { ...served, checks: {}, close: async () => {} };
    },
  },
  { version: '1.0.0', contracts: [] },
);
