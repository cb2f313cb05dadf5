// `kubelapse measure-kernel`: the texts of rules, what it refuses, and, where the machine allows it, the measurement itself.
// Measured values are never compared with anything. Needs the build (`npm test` makes it).
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BACKENDS } from '../../src/cli/measure-kernel/backends.js';
import { hashOf, iptablesServiceChain } from '../../src/cli/measure-kernel/chain-names.js';
import { IPTABLES_JUMPS, iptablesRules } from '../../src/cli/measure-kernel/iptables-rules.js';
import { ipvsAddresses, ipvsRules } from '../../src/cli/measure-kernel/ipvs-rules.js';
import { nftablesAddition, nftablesRules } from '../../src/cli/measure-kernel/nftables-rules.js';
import { type Machine, refusalOf } from '../../src/cli/measure-kernel/requirements.js';
import { lcg, makeServices, shuffled } from '../../src/cli/measure-kernel/services.js';
import { measurementsCsv, quantileOf } from '../../src/cli/measure-kernel/table.js';

const BIN = resolve('dist/src/cli/bin.js');
const HEADER = 'metric,mode,backend,services,endpoints,pods,bytes,quantile,value,samples';
let dir: string;
beforeAll(() => {
  if (!existsSync(BIN)) throw new Error('no build: run npm test, or npm run build first');
  dir = mkdtempSync(join(tmpdir(), 'kubelapse-'));
  mkdirSync(join(dir, 'empty'));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const run = (args: readonly string[], path = process.env.PATH) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [BIN, 'measure-kernel', ...args], {
    cwd: dir,
    encoding: 'utf8',
    env: { ...process.env, PATH: path },
  });
  expect(stderr).not.toMatch(/^\s+at .*:\d+:\d+\)?$/m);
  return { status, stdout, stderr };
};

const linesWith = (text: string, pattern: RegExp): string[] => text.split('\n').filter((line) => pattern.test(line));

describe('the services that are made up', () => {
  it('have addresses of their own, also across numbers of bytes', () => {
    expect(makeServices(2, 2)).toEqual([
      { name: 'ns/svc-1', address: '10.96.0.1', endpoints: ['10.244.1.0', '10.244.1.1'] },
      { name: 'ns/svc-2', address: '10.96.0.2', endpoints: ['10.244.1.2', '10.244.1.3'] },
    ]);
    const services = makeServices(30_000, 2);
    expect(new Set(services.flatMap(({ address, endpoints }) => [address, ...endpoints])).size).toBe(90_000);
    expect(services[29_999]).toMatchObject({ address: '10.96.117.48', endpoints: ['10.244.235.94', '10.244.235.95'] });
  });
  it('go on where others end', () => {
    expect([...makeServices(3, 2), ...makeServices(2, 2, 3)]).toEqual(makeServices(5, 2));
  });
  it('come in the same shuffled order every time', () => {
    const services = makeServices(100, 1);
    expect(shuffled(services)).toEqual(shuffled(services));
    expect(shuffled(services)).not.toEqual(services);
    expect(new Set(shuffled(services))).toEqual(new Set(services));
  });
  it('are drawn evenly', () => {
    const draw = lcg(2);
    const counts = [0, 0, 0, 0];
    for (let i = 0; i < 4000; i++) counts[draw(4)]!++;
    for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(100);
  });
  it('have chains with the hashes of kube-proxy', () => {
    expect(`KUBE-SVC-${hashOf('default/kubernetes:httpstcp', 16)}`).toBe('KUBE-SVC-NPX46M4PTMTKRN6Y');
  });
});

describe('iptables rules', () => {
  it('of one service with two endpoints', () => {
    expect(iptablesRules(makeServices(1, 2))).toBe(
      `*filter
:KUBE-SERVICES - [0:0]
:KUBE-EXTERNAL-SERVICES - [0:0]
:KUBE-FORWARD - [0:0]
:KUBE-NODEPORTS - [0:0]
:KUBE-PROXY-FIREWALL - [0:0]
-A KUBE-FORWARD -m conntrack --ctstate INVALID -j DROP
-A KUBE-FORWARD -m comment --comment "kubernetes forwarding rules" -m mark --mark 0x00004000/0x00004000 -j ACCEPT
-A KUBE-FORWARD -m comment --comment "kubernetes forwarding conntrack rule" -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
COMMIT
*nat
:KUBE-SERVICES - [0:0]
:KUBE-NODEPORTS - [0:0]
:KUBE-POSTROUTING - [0:0]
:KUBE-MARK-MASQ - [0:0]
:SVC - [0:0]
:SEP-A - [0:0]
:SEP-B - [0:0]
-A KUBE-POSTROUTING -m mark ! --mark 0x00004000/0x00004000 -j RETURN
-A KUBE-POSTROUTING -j MARK --xor-mark 0x00004000
-A KUBE-POSTROUTING -m comment --comment "kubernetes service traffic requiring SNAT" -j MASQUERADE --random-fully
-A KUBE-MARK-MASQ -j MARK --or-mark 0x00004000
-A KUBE-SERVICES -m comment --comment "ns/svc-1 cluster IP" -m tcp -p tcp -d 10.96.0.1 --dport 80 -j SVC
-A SVC -m comment --comment "ns/svc-1 cluster IP" -m tcp -p tcp -d 10.96.0.1 --dport 80 ! -s 10.244.0.0/16 -j KUBE-MARK-MASQ
-A SVC -m comment --comment "ns/svc-1 -> 10.244.1.0:8080" -m statistic --mode random --probability 0.5000000000 -j SEP-A
-A SVC -m comment --comment "ns/svc-1 -> 10.244.1.1:8080" -j SEP-B
-A SEP-A -m comment --comment ns/svc-1 -s 10.244.1.0 -j KUBE-MARK-MASQ
-A SEP-A -m comment --comment ns/svc-1 -m tcp -p tcp -j DNAT --to-destination 10.244.1.0:8080
-A SEP-B -m comment --comment ns/svc-1 -s 10.244.1.1 -j KUBE-MARK-MASQ
-A SEP-B -m comment --comment ns/svc-1 -m tcp -p tcp -j DNAT --to-destination 10.244.1.1:8080
-A KUBE-SERVICES -m comment --comment "kubernetes service nodeports; NOTE: this must be the last rule in this chain" -m addrtype --dst-type LOCAL -j KUBE-NODEPORTS
COMMIT
`
        .replaceAll('SVC', iptablesServiceChain(makeServices(1, 2)[0]!))
        .replaceAll('SEP-A', `KUBE-SEP-${hashOf('ns/svc-1tcp10.244.1.0:8080', 16)}`)
        .replaceAll('SEP-B', `KUBE-SEP-${hashOf('ns/svc-1tcp10.244.1.1:8080', 16)}`),
    );
  });
  it.each([1, 2, 5])('are 1 + 1 + 3n a service with n = %i endpoints', (endpoints) => {
    const count = (services: number): number =>
      linesWith(iptablesRules(makeServices(services, endpoints)), /^-A/).length;
    expect(count(101) - count(1)).toBe(100 * (2 + 3 * endpoints));
  });
  it('give every endpoint the same chance', () => {
    const jumps = linesWith(iptablesRules(makeServices(1, 4)), /svc-1 -> /);
    expect(jumps.map((line) => /--probability (\S+)/.exec(line)?.[1])).toEqual([
      '0.2500000000',
      '0.3333333333',
      '0.5000000000',
      undefined,
    ]);
  });
  it('of a partial sync hold the whole list, and the chains of the changed service', () => {
    const services = makeServices(50, 2);
    const text = iptablesRules(services, new Set([services[7]!]));
    expect(linesWith(text, /^-A KUBE-SERVICES/)).toHaveLength(51);
    expect(linesWith(text, /^-A KUBE-(SVC|SEP)/)).toHaveLength(7);
    expect(linesWith(text, /^:KUBE-(SVC|SEP)/)).toHaveLength(3);
  });
  it('hang on the chains of the kernel', () => {
    const nat = IPTABLES_JUMPS.slice(IPTABLES_JUMPS.indexOf('*nat'));
    expect(linesWith(nat, /^-A/)).toEqual([
      '-A PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES',
      '-A OUTPUT -m comment --comment "kubernetes service portals" -j KUBE-SERVICES',
      '-A POSTROUTING -m comment --comment "kubernetes postrouting rules" -j KUBE-POSTROUTING',
    ]);
  });
});

describe('nftables rules', () => {
  it('of one more service with two endpoints', () => {
    const hash = (text: string): string => hashOf(text, 8);
    const service = `service-${hash('ns/svc-1/tcp/80')}-ns/svc-1/tcp/80`;
    const [a, b] = ['10.244.1.0', '10.244.1.1'].map((endpoint) => {
      const base = `ns/svc-1/tcp/80__${endpoint}/8080`;
      return `endpoint-${hash(base)}-${base}`;
    });
    expect(nftablesAddition(makeServices(1, 2)[0]!)).toBe(`add chain ip kube-proxy ${a}
flush chain ip kube-proxy ${a}
add rule ip kube-proxy ${a} ip saddr 10.244.1.0 jump mark-for-masquerade
add rule ip kube-proxy ${a} meta l4proto tcp dnat to 10.244.1.0:8080
add chain ip kube-proxy ${b}
flush chain ip kube-proxy ${b}
add rule ip kube-proxy ${b} ip saddr 10.244.1.1 jump mark-for-masquerade
add rule ip kube-proxy ${b} meta l4proto tcp dnat to 10.244.1.1:8080
add chain ip kube-proxy ${service}
flush chain ip kube-proxy ${service}
add rule ip kube-proxy ${service} ip daddr 10.96.0.1 tcp dport 80 ip saddr != 10.244.0.0/16 jump mark-for-masquerade
add rule ip kube-proxy ${service} numgen random mod 2 vmap { 0 : goto ${a} , 1 : goto ${b} }
add element ip kube-proxy cluster-ips { 10.96.0.1 }
add element ip kube-proxy service-ips { 10.96.0.1 . tcp . 80 : goto ${service} }
`);
  });
  it('look services up in one map', () => {
    const text = nftablesRules(makeServices(20, 2));
    expect(linesWith(text, /vmap @service-ips/)).toEqual([
      'add rule ip kube-proxy services ip daddr . meta l4proto . th dport vmap @service-ips',
    ]);
    expect(linesWith(text, /^add element .* service-ips/)).toHaveLength(20);
  });
  it.each([1, 2, 5])('are 2 + 2n a service with n = %i endpoints', (endpoints) => {
    const count = (services: number): number =>
      linesWith(nftablesRules(makeServices(services, endpoints)), /^add rule/).length;
    expect(count(101) - count(1)).toBe(100 * (2 + 2 * endpoints));
  });
});

describe('IPVS', () => {
  it('has a virtual server a service and a real server an endpoint', () => {
    expect(ipvsRules(makeServices(2, 2))).toBe(`-A -t 10.96.0.1:80 -s rr
-a -t 10.96.0.1:80 -r 10.244.1.0:8080 -m -w 1
-a -t 10.96.0.1:80 -r 10.244.1.1:8080 -m -w 1
-A -t 10.96.0.2:80 -s rr
-a -t 10.96.0.2:80 -r 10.244.1.2:8080 -m -w 1
-a -t 10.96.0.2:80 -r 10.244.1.3:8080 -m -w 1
`);
  });
  it('has the virtual addresses on an interface of their own', () => {
    expect(ipvsAddresses(makeServices(2, 1))).toBe(
      'link add kube-ipvs0 type dummy\naddr add 10.96.0.1/32 dev kube-ipvs0\naddr add 10.96.0.2/32 dev kube-ipvs0\n',
    );
  });
});

describe('the table', () => {
  it('has the columns that are promised', () => {
    const measurement = {
      metric: 'save_seconds',
      mode: 'iptables',
      backend: 'nft',
      services: 5,
      endpoints: 10,
      quantile: 0.5,
      value: 0.25,
      samples: 3,
    } as const;
    expect(measurementsCsv([measurement])).toBe(`${HEADER}\r\nsave_seconds,iptables,nft,5,10,,,0.5,0.25,3\r\n`);
  });
  it('has quantiles that were observed', () => {
    expect([0.1, 0.5, 0.9, 0.99].map((q) => quantileOf([4, 1, 3, 2], q))).toEqual([1, 2, 4, 4]);
    expect(quantileOf([7], 0.5)).toBe(7);
  });
});

describe('what is refused', () => {
  const machine = (changes: Partial<Machine> = {}): Machine => ({
    platform: 'linux',
    isRoot: true,
    hasTool: () => true,
    ...changes,
  });
  const messageOf = (it: Machine, modes = ['iptables', 'nftables', 'ipvs']): string | undefined =>
    refusalOf(
      it,
      BACKENDS.filter(({ mode }) => modes.includes(mode)),
    )?.message;

  it('is nothing where everything is there, or enough of it', () => {
    expect(messageOf(machine())).toBeUndefined();
    expect(messageOf(machine({ hasTool: (name) => name === 'ip' || name === 'nft' }))).toBeUndefined();
  });
  it('is another system, everything else that is missing beside it', () => {
    expect(messageOf(machine({ platform: 'darwin', isRoot: false, hasTool: () => false }))).toBe(
      'measure-kernel: error: cannot run here: this is darwin, and it needs Linux; it needs root; ip is not on the PATH; ' +
        'neither iptables (iptables-legacy-restore or iptables-nft-restore) nor nft nor ipvsadm is on the PATH ' +
        '(use a Linux machine or a virtual one; apt-get install iproute2 iptables nftables ipvsadm; ' +
        'run it as root, such as with sudo)',
    );
  });
  it('is a user who is not root', () => {
    expect(messageOf(machine({ isRoot: false }))).toBe(
      'measure-kernel: error: cannot run here: it needs root (run it as root, such as with sudo)',
    );
  });
  it('is a machine that makes no network namespace', () => {
    expect(messageOf(machine({ namespaceProblem: 'ip: mount failed: Operation not permitted' }))).toBe(
      'measure-kernel: error: cannot run here: no network namespace can be made (ip: mount failed: Operation not permitted) ' +
        '(in a container it needs the capability SYS_ADMIN)',
    );
  });
  it('names the tools of the modes that were asked for only', () => {
    expect(messageOf(machine({ hasTool: (name) => name === 'ip' }), ['nftables'])).toBe(
      'measure-kernel: error: cannot run here: nft is not on the PATH (apt-get install nftables)',
    );
  });
  it.skipIf(process.platform !== 'linux' || process.geteuid?.() !== 0)(
    'is a machine without any tool, as a process (Linux and root only)',
    () => {
      expect(run([], join(dir, 'empty'))).toEqual({
        status: 2,
        stdout: '',
        stderr:
          'measure-kernel: error: cannot run here: ip is not on the PATH; ' +
          'neither iptables (iptables-legacy-restore or iptables-nft-restore) nor nft nor ipvsadm is on the PATH ' +
          '(apt-get install iproute2 iptables nftables ipvsadm)\n',
      });
      expect(readdirSync(dir)).toEqual(['empty']);
    },
  );
  it.each([
    [['--services', '100,x'], '--services: error: "x" is not a count (a whole number from 1)'],
    [['--services', '0'], '--services: error: "0" is not a count (a whole number from 1)'],
    [['--endpoints', '2.5'], '--endpoints: error: "2.5" is not a count (a whole number from 1)'],
    [['--connections', '-1'], '--connections: error: "-1" is not a count (a whole number from 1)'],
    [
      ['--modes', 'iptabels'],
      '--modes: error: "iptabels" is not a mode that can be measured (iptables, nftables, ipvs, separated by commas)',
    ],
    [
      ['--services', '60000'],
      '--services: error: has more endpoints than there are addresses: 65280 (at most 32637 services with these flags)',
    ],
    [['--output', '.'], '.: error: is a folder (name another file with --output)'],
    [['--output', ''], 'kubelapse: the value of --output is empty'],
    [['--services', '1', '--services', '2'], 'kubelapse: --services is given 2 times; give it once'],
  ])('is %j', (args, message) => {
    expect(run(args)).toEqual({ status: 2, stdout: '', stderr: `${message}\n` });
  });
});

/** Why this machine cannot measure; empty if it can. */
function obstacle(): string {
  if (process.platform !== 'linux') return 'not Linux';
  if (process.geteuid?.() !== 0) return 'not root';
  const lacking = ['ip', 'nft'].filter((tool) => spawnSync(tool, ['-V']).error !== undefined);
  if (lacking.length > 0) return `no ${lacking.join(', no ')}`;
  const name = `kubelapse-test-${process.pid}`;
  try {
    if (spawnSync('ip', ['netns', 'add', name]).status !== 0) return 'no network namespace can be made';
    const input = nftablesRules(makeServices(1, 1));
    const { status } = spawnSync('ip', ['netns', 'exec', name, 'nft', '-f', '-'], { input });
    return status === 0 ? '' : 'the kernel does not take the rules of nftables';
  } finally {
    spawnSync('ip', ['netns', 'del', name]);
  }
}

const reason = obstacle();
const title = reason === '' ? 'the measurement' : `the measurement (skipped: ${reason})`;

describe.skipIf(reason !== '')(title, { timeout: 180_000 }, () => {
  const namespacesOf = (pid: number | undefined): string[] => {
    const { stdout } = spawnSync('ip', ['netns', 'list'], { encoding: 'utf8' });
    return linesWith(stdout, new RegExp(`^kubelapse-${pid}-`));
  };
  const small = ['--services', '5,50', '--connections', '20'];

  /** Starts the command, waits for its first finished point, does something to it, and waits for its end. */
  const disturb = async (args: readonly string[], act: (child: ChildProcess) => void, env = process.env) => {
    const child = spawn(process.execPath, [BIN, 'measure-kernel', ...args], { cwd: dir, env, detached: true });
    let stderr = '';
    let during: string[] = [];
    child.stderr.on('data', (chunk) => {
      stderr += chunk;
      if (during.length > 0 || !stderr.includes(' 0 services')) return;
      during = namespacesOf(child.pid);
      act(child);
    });
    const code = await new Promise((done) => child.on('close', done));
    return { code, stderr, during, after: namespacesOf(child.pid) };
  };

  it('writes every number, and leaves nothing behind', () => {
    const { status, stdout, stderr } = run([...small, '-o', 'all.csv']);
    expect([status, stdout]).toEqual([0, '']);
    expect(stderr).toMatch(/^nftables, 50 services: first packet .* ms, restore full .* ms, restore one .* ms$/m);
    expect(readdirSync(dir).filter((name) => name.includes('tmp'))).toEqual([]);
    const [header, ...rows] = readFileSync(join(dir, 'all.csv'), 'utf8').trimEnd().split('\r\n');
    expect(header).toBe(HEADER);
    const cells = rows.map((row) => row.split(','));
    for (const row of cells) {
      expect(row).toHaveLength(10);
      expect(Number(row[8])).toBeGreaterThan(0);
    }
    const keysOf = (mode: string): string[] =>
      cells.filter((row) => row[1] === mode).map((row) => [row[0], row[3], row[4], row[7], row[9]].join(' '));
    expect(keysOf('nftables')).toEqual([
      ...['0.1', '0.5', '0.9', '0.99'].map((q) => `first_packet_seconds 0 0 ${q} 20`),
      ...['5 10', '50 100'].flatMap((size) => [
        ...['0.1', '0.5', '0.9', '0.99'].map((q) => `first_packet_seconds ${size} ${q} 20`),
        `restore_full_seconds ${size} 0.5 3`,
        `restore_one_seconds ${size} 0.5 3`,
      ]),
    ]);
  });
  it('prints the table on standard output, and nothing else when quiet', () => {
    const { status, stdout, stderr } = run([...small, '--modes', 'nftables', '--output', '-', '--quiet']);
    expect([status, stderr, stdout.split('\r\n')[0]]).toEqual([0, '', HEADER]);
  });
  it.each([
    ['SIGTERM', 143],
    ['SIGINT', 130],
    ['SIGHUP', 129],
  ] as const)('%s leaves no namespace and no file', async (signal, exitCode) => {
    const args = ['--services', '2000', '--modes', 'nftables', '-o', 'stopped.csv'];
    const { code, stderr, during, after } = await disturb(args, (child) => child.kill(signal));
    expect(during).toHaveLength(3);
    expect([code, after, existsSync(join(dir, 'stopped.csv'))]).toEqual([exitCode, [], false]);
    expect(stderr).toMatch(/stopped; nothing was written\n$/);
  });
  it('Ctrl-C, which the whole process group gets, does the same', async () => {
    const args = ['--services', '2000', '--modes', 'nftables', '-o', 'stopped.csv'];
    const { code, during, after } = await disturb(args, ({ pid }) => process.kill(-pid!, 'SIGINT'));
    expect([code, during.length, after]).toEqual([130, 3, []]);
  });
  it('a program that fails midway does the same, and is named', async () => {
    const bin = join(dir, 'bin');
    mkdirSync(bin);
    // Works as long as there is no file "broken" beside it.
    const nft = spawnSync('sh', ['-c', 'command -v nft'], { encoding: 'utf8' }).stdout.trim();
    writeFileSync(
      join(bin, 'nft'),
      `#!/bin/sh\n[ -e ${bin}/broken ] && { echo out of memory >&2; exit 3; }\nexec ${nft} "$@"\n`,
      {
        mode: 0o755,
      },
    );
    const env = { ...process.env, PATH: `${bin}:${process.env.PATH}` };
    const args = ['--services', '500', '--modes', 'nftables', '-o', 'failed.csv'];
    const { code, stderr, during, after } = await disturb(args, () => writeFileSync(join(bin, 'broken'), ''), env);
    expect([code, during.length, after, existsSync(join(dir, 'failed.csv'))]).toEqual([1, 3, [], false]);
    expect(stderr).toMatch(/kubelapse: the measurement failed, nothing was written: nft: out of memory\n$/);
  });
  it('a mode that does not work is skipped, and with no other mode refused', () => {
    const bin = join(dir, 'no-modes');
    mkdirSync(bin);
    writeFileSync(join(bin, 'ipvsadm'), '#!/bin/sh\necho no such protocol >&2\nexit 2\n', { mode: 0o755 });
    const path = `${bin}:${process.env.PATH}`;
    const { status, stderr } = run(['--modes', 'ipvs'], path);
    expect([status, stderr]).toEqual([
      2,
      'measure-kernel: error: cannot run here: no mode can be measured: IPVS: ipvsadm: no such protocol ' +
        '(name other modes with --modes, or use a kernel that has them)\n',
    ]);
    const both = run([...small, '--modes', 'nftables,ipvs', '-o', 'both.csv'], path);
    expect([both.status, both.stderr.split('\n')[0]]).toEqual([0, 'skipped: IPVS: ipvsadm: no such protocol']);
  });
});
