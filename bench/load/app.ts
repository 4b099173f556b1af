import { createServer } from 'node:http';

/** The application behind every proxy that is compared: answers each request with 1 KB. Argument: its Unix socket. */
const answer = Buffer.alloc(1024, 'x');
const headers = { 'content-type': 'application/octet-stream', 'content-length': answer.length };
const server = createServer({ keepAliveTimeout: 120_000 }, (request, response) => {
  request.resume();
  response.writeHead(200, headers).end(answer);
});
server.listen(process.argv[2]);
process.on('SIGTERM', () => {
  server.close();
  server.closeAllConnections();
});
