// A process of its own, inside the server's namespace: takes connections until its standard input ends, which it also does
// when the process that started it is killed. Part of `kubelapse measure-kernel`.

import { createServer } from 'node:net';
import { constants, setPriority } from 'node:os';
import { ENDPOINT_PORT } from './services.js';

// It is woken while the client's packet is under way, and would take the processor from it.
setPriority(constants.priority.PRIORITY_LOW);

createServer((socket) => {
  // Clients reset their connections.
  socket.on('error', () => {});
  socket.resume();
}).listen({ port: ENDPOINT_PORT, host: '0.0.0.0', backlog: 511 }, () => process.stdout.write('ready\n'));

process.stdin.on('end', () => process.exit()).resume();
