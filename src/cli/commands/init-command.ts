// `kubelapse init`: writes a scenario, a manifest and the schema for editors. Nothing is overwritten.

import { fileError, scenarioJsonSchema } from '../../scenario/index.js';
import { UsageError } from '../arguments.js';
import { ExitCode } from '../exit-code.js';
import { commandCatalogue } from '../extensions.js';
import { checkFolder, isThere, joinPath, writeAllWhole } from '../files/index.js';
import { printLine, sayLine } from '../print.js';

export async function initCommand(name: string, dir: string): Promise<number> {
  if (name === '') throw new UsageError('init: the name of the scenario is empty');
  if (!/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(name)) {
    throw fileError(name, 'is not a name for a scenario', 'use lower-case letters, digits and "-"');
  }
  const scenario = joinPath(dir, `${name}.yaml`);
  const manifest = joinPath(dir, 'manifests', `${name}.yaml`);
  const schema = joinPath(dir, 'scenario.schema.json');
  for (const path of [scenario, manifest])
    if (isThere(path)) throw fileError(path, 'already exists', 'choose another name');
  const catalogue = await commandCatalogue();
  checkFolder(joinPath(dir, 'manifests'), 'name another folder with --dir');
  const files = [
    { path: manifest, text: manifestText(name) },
    { path: scenario, text: scenarioText(name) },
    ...(isThere(schema) ? [] : [{ path: schema, text: `${JSON.stringify(scenarioJsonSchema(catalogue), null, 2)}\n` }]),
  ];
  // They are their user's from now on.
  writeAllWhole(files, [], { noted: false });
  printLine(scenario);
  printLine(manifest);
  sayLine(`next: kubelapse run ${scenario}`);
  return ExitCode.Ok;
}

const scenarioText = (name: string): string => `# yaml-language-server: $schema=./scenario.schema.json
apiVersion: kubelapse.dev/v1alpha1
kind: Scenario
metadata:
  name: ${name}
  annotations:
    kubelapse.dev/question: How long do pods of a new deployment take to start, and who notices a rolling update?
spec:
  kubernetesVersion: "1.36"
  duration: 10m
  seed: 42
  nodePools:
  - name: general
    count: 20
    capacity: {cpu: "8", memory: 32Gi, pods: 110}
  network: {plugin: flannel}
  kubeProxy: {mode: nftables}
  apps:
  - name: web
    manifests: [manifests/${name}.yaml]
    copies: 10 # ten copies of the manifests: web-0 … web-9, each with its own Service
    start: {at: 10s, over: 30s}
    behavior: # what a manifest cannot say
    - container: app
      startup: {distribution: lognormal, p50: 2s, p99: 8s}
      shutdown: 1s
  traffic:
  - to: service/web
    stages: [{duration: 1m, target: 0}, {duration: 1m, target: 200}] # connections per second
  faults:
  - {type: RollingUpdate, at: 5m, target: deployment/web}
`;

const manifestText = (name: string): string => `apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  labels: {app: ${name}}
spec:
  replicas: 5
  selector:
    matchLabels: {app: ${name}}
  template:
    metadata:
      labels: {app: ${name}}
    spec:
      containers:
      - name: app
        image: registry.example/web:1.0
        ports: [{containerPort: 8080}]
        resources:
          requests: {cpu: 100m, memory: 128Mi}
        readinessProbe:
          httpGet: {path: /ready, port: 8080}
          periodSeconds: 5
        livenessProbe:
          httpGet: {path: /live, port: 8080}
          initialDelaySeconds: 10
---
apiVersion: v1
kind: Service
metadata:
  name: web
spec:
  selector: {app: ${name}}
  ports: [{port: 80, targetPort: 8080}]
`;
