import { createServer } from 'node:http';

const { RELEASE = '', FAIL_SHARE = '0' } = process.env;
const failShare = Number(FAIL_SHARE);

createServer((_, answer) => {
  answer.writeHead(Math.random() < failShare ? 500 : 200, { 'x-release': RELEASE }).end('{}\n');
}).listen(8080);
