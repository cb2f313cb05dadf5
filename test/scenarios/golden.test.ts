// Golden scenarios: each keeps its CSV beside it. A mismatch writes what came out next to it (*.actual.csv) and fails;
// accept by running with UPDATE_GOLDEN=1 and reading the diff.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CHECKERS } from '../../src/checkers/index.js';
import { inputsOf } from '../../src/cli/files/index.js';
import { runPoints } from '../../src/experiment/index.js';
import { csvFiles, recordOf, summaryText } from '../../src/report/index.js';
import { loadScenario } from '../../src/scenario/index.js';

const GOLDEN = [
  'single-node',
  'slow-start-liveness',
  'first-look-small',
  'probe-storm',
  'crashloop',
  'node-death',
  'apiserver-outage',
  'registry-slow-small',
  'node-start-limit',
  'cpu-limits-small',
  'liveness-under-load',
  'rolling-update-small',
  'density-small',
  'iptables-vs-ipvs-small',
  'endpoint-churn-small',
  'cni-compare-small',
  'policy-scale-small',
  'ipvs-schedulers-small',
  'stale-endpoints',
];
const SCENARIOS: Record<string, { path: string; set: string[] }> = {
  // The main scenario on a tenth of the nodes, for ten minutes: the same events, small enough to keep.
  'first-look-small': {
    path: 'scenarios/first-look.yaml',
    set: [
      'spec.duration=10m',
      'spec.nodePools[0].count=100',
      'spec.apps[0].copies=160',
      'spec.apps[1].copies=40',
      'spec.faults[0].at=1m',
      'spec.faults[1].at=6m',
    ],
  },
  // Five minutes of it.
  'cpu-limits-small': { path: 'scenarios/cpu-limits.yaml', set: ['spec.duration=5m'] },
  // A part of the grid.
  'iptables-vs-ipvs-small': {
    path: 'scenarios/iptables-vs-ipvs.yaml',
    set: ['spec.duration=6m', 'spec.sweep.parameters[0].values=[100,3000]', 'spec.sweep.parameters[1].values=[10]'],
  },
  // A hundredth of nodes, services, and of what the controller writes.
  'endpoint-churn-small': {
    path: 'scenarios/endpoint-churn-5000.yaml',
    set: [
      'spec.nodePools[0].count=50',
      'spec.apps[0].copies=100',
      'spec.controlPlane.controllerManager.kubeAPIQPS=3',
      'spec.controlPlane.controllerManager.kubeAPIBurst=6',
    ],
  },
  'cni-compare-small': {
    path: 'scenarios/cni-compare.yaml',
    set: ['spec.duration=3m', 'spec.sweep.parameters[0].values=["flannel-vxlan","calico-bgp","cilium-native-ebpf"]'],
  },
  'policy-scale-small': {
    path: 'scenarios/policy-scale.yaml',
    set: [
      'spec.duration=4m',
      'spec.sweep.parameters[0].values=[100]',
      'spec.sweep.parameters[1].values=["calico-bgp","cilium-native"]',
    ],
  },
  'ipvs-schedulers-small': {
    path: 'scenarios/ipvs-schedulers.yaml',
    set: ['spec.duration=2m', 'spec.warmup=30s'],
  },
  // A hundredth of the nodes, Deployments and limits.
  'rolling-update-small': {
    path: 'scenarios/rolling-update-5000.yaml',
    set: [
      'spec.nodePools[0].count=50',
      'spec.apps[0].copies=20',
      'spec.controlPlane.controllerManager.kubeAPIQPS=1',
      'spec.controlPlane.controllerManager.kubeAPIBurst=2',
    ],
  },
  // A hundredth of the nodes, and of the groups at the same pace a node.
  'density-small': {
    path: 'scenarios/density-5000.yaml',
    set: [
      'spec.duration=30m',
      'spec.nodePools[0].count=50',
      ...[1, 1, 6, 6, 75, 75].flatMap((copies, app) => [
        `spec.apps[${app}].copies=${copies}`,
        `spec.apps[${app}].start.over=1500s`,
      ]),
    ],
  },
  // A fiftieth of the nodes, and of the registry.
  'registry-slow-small': {
    path: 'scenarios/registry-slow.yaml',
    set: [
      'spec.nodePools[0].count=20',
      'spec.apps[0].copies=6',
      'spec.apps[1].copies=4',
      'spec.sweep.parameters[1].values=["40M","400M"]',
    ],
  },
};

describe.each(GOLDEN)('%s', (name) => {
  const { path, set } = SCENARIOS[name] ?? { path: `scenarios/${name}.yaml`, set: [] };
  const scenario = loadScenario({ path, ...inputsOf(path), set });
  const points = [...runPoints(scenario, { onlooker: CHECKERS })].flatMap(({ point }) => point ?? []);
  const records = points.map((point) => recordOf(scenario, point));
  const { files } = csvFiles(records, scenario.catalogue.tables.all);
  const text = summaryText({ ...scenario, records });
  const actual = new Map([...files, { name: 'summary.txt', text }].map((file) => [file.name, file.text]));
  const dir = join('scenarios', 'expected', name);
  if (process.env.UPDATE_GOLDEN) {
    mkdirSync(dir, { recursive: true });
    for (const [file, content] of actual) writeFileSync(join(dir, file), content);
  }

  it.each([...actual.keys()])('%s is what it was', (file) => {
    const expected = join(dir, file);
    const differs = !existsSync(expected) || readFileSync(expected, 'utf8') !== actual.get(file);
    const beside = join(dir, file.replace(/(\.\w+)$/, '.actual$1'));
    if (differs) {
      mkdirSync(dir, { recursive: true });
      writeFileSync(beside, actual.get(file)!);
    } else rmSync(beside, { force: true });
    expect(differs, `${beside} differs from ${expected}`).toBe(false);
  });
  it('has no expected file that is not made any more', () => {
    expect(readdirSync(dir).filter((file) => !actual.has(file) && !file.includes('.actual.'))).toEqual([]);
  });
});
