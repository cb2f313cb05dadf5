// The package as users get it: packed, installed into an empty TypeScript project, its guide's programs compiled at the strictest
// and run. Needs the build, and a registry or npm's cache for what it depends on.
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BIN } from '../fixtures/command.js';
import { EXAMPLES } from '../fixtures/extension.js';

const GUIDE = readFileSync('docs/guides/library.md', 'utf8');
const blocksOf = (language: string): string[] =>
  [...GUIDE.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, 'gm'))].map(([, text]) => text!);
const PROGRAMS = blocksOf('ts');

let dir = '';
let installed = { status: 0 as number | null, stdout: '', stderr: '' };
let packed: string[] = [];
const call = (command: string, args: readonly string[], cwd = dir) => {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, encoding: 'utf8' });
  return { status, stdout, stderr };
};

beforeAll(() => {
  if (!existsSync(BIN)) throw new Error('no build: run npm test, or npm run build first');
  dir = mkdtempSync(join(tmpdir(), 'kubelapse-app-'));
  const made = call('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', dir], resolve('.'));
  expect([made.status, made.status === 0 ? '' : made.stderr]).toEqual([0, '']);
  const [{ filename, files }] = JSON.parse(made.stdout) as [{ filename: string; files: { path: string }[] }];
  packed = files.map(({ path }) => path);
  writeFileSync(
    join(dir, 'package.json'),
    '{ "name": "app", "version": "1.0.0", "type": "module", "private": true }\n',
  );
  installed = call('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', join(dir, filename)]);
  const compilerOptions = {
    ...{ module: 'NodeNext', moduleResolution: 'NodeNext', target: 'ES2022', lib: ['ES2023'], types: ['node'] },
    ...{
      strict: true,
      noUncheckedIndexedAccess: true,
      exactOptionalPropertyTypes: true,
      skipLibCheck: false,
      rootDir: 'src',
      outDir: 'out',
    },
  };
  writeFileSync(join(dir, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['src'] }));
  mkdirSync(join(dir, 'src'));
  mkdirSync(join(dir, 'node_modules', '@types'), { recursive: true });
  symlinkSync(resolve('node_modules/@types/node'), join(dir, 'node_modules/@types/node'));
  symlinkSync(resolve('node_modules/undici-types'), join(dir, 'node_modules/undici-types'));
  writeFileSync(join(dir, 'cluster.yaml'), blocksOf('yaml')[0]!);
  PROGRAMS.forEach((text, i) => {
    writeFileSync(join(dir, 'src', `program-${i}.ts`), text);
  });
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** Bytes of all files below a folder; links are not followed. */
const bytesIn = (path: string): number =>
  readdirSync(path, { withFileTypes: true }).reduce((sum, entry) => {
    const at = join(path, entry.name);
    if (entry.isSymbolicLink()) return sum;
    return sum + (entry.isDirectory() ? bytesIn(at) : statSync(at).size);
  }, 0);

describe('the package', () => {
  it('is installed without a warning, and takes less than 40 MB with all that it needs', () => {
    expect([installed.status, installed.stderr]).toEqual([0, '']);
    expect(bytesIn(join(dir, 'node_modules'))).toBeLessThan(40e6);
  });
  it('has what users need, and nothing of the tests', () => {
    expect(packed).toEqual(
      expect.arrayContaining([
        'README.md',
        'LICENSE',
        'dist/src/index.d.ts',
        'dist/src/cli/bin.js',
        'scenarios/first-look.yaml',
        'examples/extensions/xdp-proxy.mjs',
      ]),
    );
    expect(packed.filter((path) => /expected|^test\/|\.test\.|^bench\/|^dist\/(bench|test|fuzz)/.test(path))).toEqual(
      [],
    );
    expect(
      packed.filter(
        (path) =>
          /^dist\/src\/cli\//.test(path) &&
          !/\/(chunk-[\w.-]+|bin|[\w]+-process|thread-worker|licenses)\.(js|md)$/.test(path),
      ),
    ).toEqual([]);
  });
  it('says what is missing where something optional is asked for', () => {
    const run = (...args: string[]) => call('npx', ['kubelapse', 'run', 'cluster.yaml', '-n', '1', '-q', ...args]);
    expect(run('--charts')).toMatchObject({ status: 0, stderr: '' });
    expect(run('--parquet').stderr).toContain('npm install hyparquet-writer');
    expect(run('--queue', 'redis://localhost:1').stderr).toContain('npm install bullmq ioredis');
    expect(run('--queue', 'postgres://localhost:1').stderr).toContain('npm install bullmq ioredis pg');
    expect(call('npx', ['kubelapse', 'chart', 'results/cluster', '--type', 'pods', '-o', 'pods.png']).stderr).toContain(
      'npm install @resvg/resvg-wasm dejavu-fonts-ttf',
    );
  });
});

describe('the programs of docs/guides/library.md', () => {
  it('compile at the strictest, the types of the package included', () => {
    const { status, stdout } = call(process.execPath, [resolve('node_modules/typescript/bin/tsc')]);
    expect([stdout, status]).toEqual(['', 0]);
  });
  it.each(PROGRAMS.map((_, i) => i))('number %i runs', (i) => {
    const { status, stdout, stderr } = call(process.execPath, [`out/program-${i}.js`]);
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).not.toMatch(/NaN|undefined/);
    expect(stdout.length).toBeGreaterThan(5);
  });
  it('and so does a test with the contract kit', () => {
    cpSync(EXAMPLES, join(dir, 'own'), { recursive: true });
    const [program] = [
      ...readFileSync('docs/guides/extensions.md', 'utf8').matchAll(
        /^```js\n((?:(?!```)[\s\S])*kubelapse\/testing[\s\S]*?)^```/gm,
      ),
    ].map(([, text]) => text!);
    writeFileSync(join(dir, 'own', 'kit.test.mjs'), program!);
    const { status, stdout } = call(process.execPath, ['--test', 'kit.test.mjs'], join(dir, 'own'));
    expect([status, stdout.includes('pass 1')]).toEqual([0, true]);
  });
});
