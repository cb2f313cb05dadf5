// `kubelapse playground`: serves the built playground, static files that any other server could serve as well.

import { createServer, type Server, type ServerResponse } from 'node:http';
import { extname, join, normalize, sep } from 'node:path';
import type { ExtensionModule } from '../../catalogue.js';
import { fileError } from '../../scenario/index.js';
import { builtFolder } from '../built.js';
import { ExitCode } from '../exit-code.js';
import { commandCatalogue, commandModules } from '../extensions.js';
import { baseOf, bytesOf, isFile } from '../files/index.js';
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
  // What is no module of parts is said before anybody opens the page.
  await commandCatalogue();
  const served = servedModules(commandModules());
  const server = createServer((request, response) => {
    const url = request.url ?? '/';
    answer(served.get(url.split(/[?#]/)[0]!) ?? fileAt(dir, url), request.method ?? '', response);
  });
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

interface Content {
  readonly type: string;
  readonly content: string | Uint8Array;
}

/** The list of modules that the page may load, and these, by their addresses. */
function servedModules(modules: readonly ExtensionModule[]): ReadonlyMap<string, Content> {
  const type = TYPES['.js']!;
  const list = modules.map(({ file, digest }, i) => ({
    url: `extensions/${i}.mjs`,
    path: `./${baseOf(file)}`,
    digest,
  }));
  return new Map([
    ['/extensions.json', { type: 'application/json', content: JSON.stringify(list) }],
    ...modules.map(({ text }, i) => [`/extensions/${i}.mjs`, { type, content: text }] as const),
  ]);
}

/** Undefined if there is no such file. */
function fileAt(dir: string, url: string): Content | undefined {
  const path = pathIn(dir, url);
  const content = path === undefined ? undefined : bytesOf(path);
  if (path === undefined || content === undefined) return undefined;
  return { type: TYPES[extname(path)] ?? 'application/octet-stream', content };
}

function answer(found: Content | undefined, method: string, response: ServerResponse): void {
  if (method !== 'GET' && method !== 'HEAD') {
    response.writeHead(405).end();
    return;
  }
  if (found === undefined) {
    response.writeHead(404, { 'content-type': 'text/plain' }).end('not found\n');
    return;
  }
  response.writeHead(200, {
    'content-type': found.type,
    'x-content-type-options': 'nosniff',
    'cache-control': 'no-cache',
  });
  response.end(method === 'HEAD' ? undefined : found.content);
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
