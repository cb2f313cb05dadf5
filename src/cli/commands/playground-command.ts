// `kubelapse playground`: serves the built playground, static files that any other server could serve as well.

import { createServer, type Server, type ServerResponse } from 'node:http';
import { extname, join, normalize, sep } from 'node:path';
import { fileError } from '../../scenario/index.js';
import { builtFolder } from '../built.js';
import { ExitCode } from '../exit-code.js';
import { bytesOf, isFile } from '../files/index.js';
import { printLine, sayLine } from '../print.js';
import { hearSignals } from '../signals.js';

export interface PlaygroundArguments {
  readonly port: number;
  readonly host: string;
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
};

/** Serves until a signal ends it. */
export async function playgroundCommand({ port, host }: PlaygroundArguments): Promise<number> {
  const dir = builtFolder('playground', 'npm run build:playground');
  const server = createServer((request, response) => answer(dir, request.method ?? '', request.url ?? '/', response));
  await listening(server, port, host);
  const address = server.address();
  const actual = typeof address === 'object' && address !== null ? address.port : port;
  const name = host.includes(':') ? `[${host}]` : host;
  printLine(`http://${name}:${actual}/`);
  sayLine('Ctrl-C ends it');
  // This is how it is ended: nothing has failed.
  await new Promise<void>((done) => {
    const release = hearSignals(() => {
      release();
      done();
    });
  });
  server.closeAllConnections();
  server.close();
  return ExitCode.Ok;
}

function listening(server: Server, port: number, host: string): Promise<void> {
  return new Promise((done, fail) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE')
        fail(fileError(`--port ${port}`, 'is already in use', 'choose another, or 0 for any'));
      else if (error.code === 'EACCES') fail(fileError(`--port ${port}`, 'permission denied', 'choose one above 1023'));
      else fail(fileError(`--host ${host}`, `cannot listen on it (${error.code ?? error.message})`));
    });
    server.listen(port, host, done);
  });
}

function answer(dir: string, method: string, url: string, response: ServerResponse): void {
  const path = pathIn(dir, url);
  if (method !== 'GET' && method !== 'HEAD') {
    response.writeHead(405).end();
    return;
  }
  const content = path === undefined ? undefined : bytesOf(path);
  if (path === undefined || content === undefined) {
    response.writeHead(404, { 'content-type': 'text/plain' }).end('not found\n');
    return;
  }
  response.writeHead(200, {
    'content-type': TYPES[extname(path)] ?? 'application/octet-stream',
    'x-content-type-options': 'nosniff',
    'cache-control': 'no-cache',
  });
  response.end(method === 'HEAD' ? undefined : content);
}

/** The file that an address means; undefined if it is none in the folder. */
function pathIn(dir: string, url: string): string | undefined {
  let name: string;
  try {
    name = decodeURIComponent(url.split(/[?#]/)[0]!);
  } catch {
    return undefined;
  }
  const path = normalize(join(dir, name.endsWith('/') ? `${name}index.html` : name));
  return path.startsWith(dir + sep) && isFile(path) ? path : undefined;
}
