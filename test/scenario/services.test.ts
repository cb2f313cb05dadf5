// What a scenario says of services, their clients, kube-proxy and the network: defaults, and messages for what is wrong.
import { describe, expect, it } from 'vitest';
import { loadTexts, problemsOf } from '../fixtures/scenario.js';

const WEB = `apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: c, image: i, ports: [{name: http, containerPort: 8080}]}]}
`;
const service = (spec: string, name = 'web'): string =>
  `---\napiVersion: v1\nkind: Service\nmetadata: {name: ${name}}\nspec: ${spec}\n`;
const SERVICE = service('{selector: {app: web}, ports: [{port: 80, targetPort: http}]}');

const files = (spec: string, manifest = SERVICE, more: Record<string, string> = {}): Record<string, string> => ({
  's.yaml': `apiVersion: kubelapse.dev/v1alpha1
kind: Scenario
metadata: {name: s}
spec:
  nodePools: [{name: n, count: 2, capacity: {cpu: "8", memory: 32Gi}}]
  apps: [{name: web, manifests: [web.yaml]}]
${spec}`,
  'web.yaml': WEB + manifest,
  ...more,
});
const problems = (...args: Parameters<typeof files>): string => problemsOf(() => loadTexts(files(...args))).join('\n');
const spec = (...args: Parameters<typeof files>) => loadTexts(files(...args)).points[0]!.spec;
const warnings = (...args: Parameters<typeof files>): string =>
  loadTexts(files(...args))
    .warnings.map(({ field, message }) => `${field}: ${message}`)
    .join('\n');

describe('a traffic entry', () => {
  const entry = (rest: string): string => `  traffic: [{to: service/web, ${rest}}]\n`;
  it('begins on all nodes, and goes to the first port of the cluster IP', () => {
    expect(spec(entry('stages: [{duration: 1m, target: 10}]')).traffic[0]).toMatchObject({
      from: { kind: 'nodes' },
      address: 'clusterIP',
      ports: [0],
      weight: 1,
      requestsPerConnection: 1,
    });
  });
  it('stands for more connections than are simulated', () => {
    expect(spec(entry('stages: [{duration: 1m, target: 5000}]')).traffic[0]!.weight).toBe(10);
    const kept = 'stages: [{duration: 1m, target: 5000}], keepAlive: {requests: 10}';
    expect(spec(entry(kept)).traffic[0]!.weight).toBe(1);
  });
  it.each([
    ['stages: [{duration: 1m, target: 1}], clients: 3', /has 2 of stages, clients and trace; exactly one is needed/],
    ['timeout: 1s', /has none of stages, clients and trace/],
    ['clients: 3, arrivals: constant', /traffic\[0\]\.arrivals: is only for stages/],
    ['stages: [{duration: 1m, target: 1}], think: 1s', /think: is only for clients of a closed loop/],
    ['stages: [{duration: 1m, target: 1}], arrivals: bursty', /bursty needs burst/],
    [
      'stages: [{duration: 1m, target: 1000}], arrivals: bursty, burst: {on: 1s, off: 4s}',
      /bursty connections are all simulated: 1000 a second/,
    ],
    ['stages: [{duration: 1m, target: 1}], port: 81', /service\/web of web has no port 81 \(its ports: 80\)/],
    [
      'stages: [{duration: 1m, target: 1}], from: {app: wbe}',
      /no application is called "wbe" \(did you mean "web"\?\)/,
    ],
    ['stages: [{duration: 1m, target: 1}], from: outside', /cannot be reached from outside/],
    ['stages: [{duration: 1m, target: 1}], address: nodePort', /service\/web has no node port/],
  ])('%s is refused', (rest, message) => {
    expect(problems(entry(rest))).toMatch(message);
  });
  it('names a service that there is', () => {
    expect(problems('  traffic: [{to: service/wbe, clients: 1}]\n')).toMatch(
      /traffic\[0\]\.to: no service is called "wbe" \(did you mean "web"\?\)/,
    );
  });
  it('means the same port of services that have one name', () => {
    const shop = service('{selector: {app: web}, ports: [{port: 90, name: a}, {port: 80, name: b}]}', 'web');
    const two = files(entry('clients: 1, port: 80'));
    const both = {
      ...two,
      's.yaml': two['s.yaml']!.replace(']}]\n', ']}, {name: shop, manifests: [shop.yaml]}]\n'),
      'shop.yaml': WEB + shop,
    };
    expect(loadTexts(both).points[0]!.spec.traffic[0]).toMatchObject({ services: [0, 1], ports: [0, 1] });
    const lacks = { ...both, 'shop.yaml': WEB + shop.replace('{port: 80, name: b}', '{port: 81, name: b}') };
    expect(problemsOf(() => loadTexts(lacks)).join()).toMatch(/service\/web of shop has no port 80/);
  });
  it('may say on and off without a word about booleans', () => {
    const bursty = 'stages: [{duration: 1m, target: 10}], arrivals: bursty, burst: {on: 1s, off: 4s}';
    expect(warnings(entry(bursty))).not.toMatch(/boolean/);
  });
});

describe('a trace', () => {
  const trace = (csv: string) => ['  traffic: [{to: service/web, trace: t.csv}]\n', SERVICE, { 't.csv': csv }] as const;
  it('is one connection a line', () => {
    expect(spec(...trace('time_seconds\n0.5\n2\n')).traffic[0]!.arrivals).toEqual({
      kind: 'trace',
      times: [0.5e9, 2e9],
    });
  });
  it.each([
    ['time\n1\n', /time_seconds: is missing/],
    ['time_seconds\nx\n', /^2:1 time_seconds: must be a number of seconds of at least 0, not "x"$/],
    [
      'time_seconds\n2\n1\n',
      /^3:1 time_seconds: must be a number of seconds of at least 0, and not less than the one before, 2/,
    ],
    ['time_seconds,requests\n1,2,3\n', /^2:1 : has 3 cells, and the first line names 2 columns$/],
    ['time_seconds,time_seconds\n1,2\n', /time_seconds: is the name of two columns/],
    ['time_seconds\n', /the trace contains no requests/],
  ])('%j is refused', (csv, message) => {
    expect(problems(...trace(csv))).toMatch(message);
  });
  it('keeps no connections alive', () => {
    const kept = '  traffic: [{to: service/web, trace: t.csv, keepAlive: {requests: 10}}]\n';
    expect(problems(kept, SERVICE, { 't.csv': 'time_seconds\n1\n' })).toMatch(/a line of a trace is a connection/);
  });
});

describe('a Service', () => {
  it('whose target port nobody has has no endpoints, and that is said', () => {
    const wrong = service('{selector: {app: web}, ports: [{port: 80, targetPort: htp}]}');
    expect(spec('', wrong).services[0]!.workloads).toEqual([]);
    expect(warnings('', wrong)).toMatch(/Service web has no endpoints: no container of its pods has a port called htp/);
  });
  it('with source ranges keeps nobody out, and that is said', () => {
    const ranges = service(
      '{type: LoadBalancer, selector: {app: web}, ports: [{port: 80}], loadBalancerSourceRanges: [1.2.3.4/32]}',
    );
    expect(warnings('', ranges)).toMatch(/loadBalancerSourceRanges: count as rules but block nobody/);
  });
  it.each([
    ['{selector: {app: web}}', /Service has at least one port/],
    ['{selector: {app: web}, ports: [{port: 80}], externalTrafficPolicy: Local}', /reached from outside/],
    ['{selector: {app: web}, ports: [{port: 80}], internalTrafficPolicy: Nowhere}', /Cluster, Local/],
  ])('%s is refused', (text, message) => {
    expect(problems('', service(text))).toMatch(message);
  });
});

describe('kube-proxy', () => {
  it.each([
    ['{mode: iptable}', /iptables/],
    ['{iptables: {minSyncPeriod: 60s, syncPeriod: 10s}}', /minSyncPeriod, 60s, is longer than syncPeriod, 10s/],
    ['{clusterCIDR: foo}', /must be an IPv4 network/],
  ])('%s is refused', (proxy, message) => {
    expect(problems(`  kubeProxy: ${proxy}\n`)).toMatch(message);
  });
  it('of a version without nftables has none', () => {
    expect(problems('  kubernetesVersion: "1.28"\n  kubeProxy: {mode: nftables}\n')).toMatch(
      /nftables mode exists from Kubernetes 1.29 on, not in 1.28/,
    );
  });
  it('says which faults it does not feel', () => {
    const lock = '  faults: [{type: XtablesLock, at: 1m, duration: 10s, nodes: 1}]\n';
    expect(warnings(`${lock}  kubeProxy: {mode: nftables}\n`)).toMatch(/XtablesLock has no effect: only iptables mode/);
    expect(warnings(lock)).toBe('');
  });
});

describe('the pod network', () => {
  it.each([
    ['{plugin: flanel}', /flannel/],
    ['{plugin: calico, variant: cilium-native}', /cilium-native is not a variant of calico/],
    ['{podCIDR: 10.0.0.0}', /must be an IPv4 network/],
    ['{podCIDR: 10.0.0.1\\/16}', /is not a network|must be an IPv4 network/],
    ['{podCIDR: 10.0.0.0/26}', /a node’s part, \/24, is larger than podCIDR, \/26/],
  ])('%s is refused', (network, message) => {
    expect(problems(`  network: ${network.replace('\\', '')}\n`)).toMatch(message);
  });
});
