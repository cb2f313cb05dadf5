// What a scenario says of the clients of its services. Part of the scenario.

import { type Catalogue, TRAFFIC_SHAPE_DEFAULT } from '../../catalogue.js';
import type { ArrivalSpec, ClientSource, ServiceSpec, TrafficSpec, WorkloadSpec } from '../../cluster/index.js';
import { fixed } from '../../engine/index.js';
import type { Path } from '../../format/path.js';
import { didYouMean } from '../../format/suggest.js';
import { ns, parseQuantity } from '../../format/units.js';
import { CONNECTIONS_PER_SECOND_DEFAULT } from '../defaults.js';
import type { ScenarioDocument } from '../schema/index.js';
import type { BehaviorReader, Report } from './behavior.js';

type Spec = ScenarioDocument['spec'];
type TrafficInput = NonNullable<Spec['traffic']>[number];

export class TrafficReader {
  readonly #spec: Spec;
  readonly #shapes: Catalogue['trafficShapes'];
  readonly #services: readonly ServiceSpec[];
  readonly #traces: readonly (readonly number[] | undefined)[];
  readonly #workloads: readonly WorkloadSpec[];
  readonly #behaviors: BehaviorReader;
  readonly #report: Report;

  /** @param traces instants of the traces that entries name. */
  constructor(
    spec: Spec,
    shapes: Catalogue['trafficShapes'],
    services: readonly ServiceSpec[],
    workloads: readonly WorkloadSpec[],
    traces: readonly (readonly number[] | undefined)[],
    behaviors: BehaviorReader,
    report: Report,
  ) {
    this.#spec = spec;
    this.#shapes = shapes;
    this.#services = services;
    this.#workloads = workloads;
    this.#traces = traces;
    this.#behaviors = behaviors;
    this.#report = report;
  }

  read(index: number): TrafficSpec {
    const entry = this.#spec.traffic![index]!;
    const at: Path = ['spec', 'traffic', index];
    const services = this.#servicesOf(entry, at);
    const requestsPerConnection = entry.keepAlive?.requests ?? 1;
    const weight = this.#weight(entry, requestsPerConnection, at);
    return {
      from: this.#source(entry, at),
      services,
      address: this.#address(entry, services, at),
      ports: services.map((service) => this.#port(entry, this.#services[service]!, at)),
      arrivals: this.#arrivals(entry, index, at),
      weight,
      requestsPerConnection,
      requestInterval: this.#distribution(entry.keepAlive?.interval, [...at, 'keepAlive', 'interval']),
      requestBytes: parseQuantity(entry.requestSize)!,
      responseBytes: parseQuantity(entry.responseSize)!,
      timeout: ns(entry.timeout),
      retries: entry.retries,
      retryBackOff: ns(entry.retryBackOff),
    };
  }

  /** How many requests one simulated request stands for. */
  #weight({ stages, sampling, arrivals }: TrafficInput, requestsPerConnection: number, at: Path): number {
    const peak = Math.max(0, ...(stages ?? []).map((stage) => stage.target)) / requestsPerConnection;
    const most = sampling?.connectionsPerSecondMax ?? CONNECTIONS_PER_SECOND_DEFAULT;
    const shape = this.#shapes.get(arrivals ?? TRAFFIC_SHAPE_DEFAULT);
    if (shape.isSimulatedWhole && peak > most) {
      const why = `${shape.name} connections are all simulated: ${peak} a second on average are more than ${most}`;
      this.#report([...at, 'stages'], why, 'send fewer, or raise sampling.connectionsPerSecondMax');
    }
    return Math.max(1, Math.ceil(peak / most));
  }

  #distribution(input: TrafficInput['think'], path: Path) {
    return input === undefined ? fixed(0) : this.#behaviors.distribution(input, path);
  }

  #source({ from }: TrafficInput, at: Path): ClientSource {
    if (from === 'outside') return { kind: 'outside' };
    if (from === undefined || 'nodes' in from) return { kind: 'nodes' };
    const apps = this.#spec.apps.map((app) => app.name);
    if (!apps.includes(from.app)) {
      const hint = didYouMean(from.app, apps) ?? `applications: ${apps.join(', ')}`;
      this.#report([...at, 'from', 'app'], `no application is called "${from.app}"`, hint);
    } else if (!this.#workloads.some(({ app }) => app === from.app)) {
      this.#report([...at, 'from', 'app'], `application ${from.app} has no pods that could be clients`);
    }
    return { kind: 'app', app: from.app };
  }

  #servicesOf({ to }: TrafficInput, at: Path): number[] {
    const wanted = to.slice('service/'.length);
    const services = this.#services.flatMap((s, i) => (s.manifestName === wanted || s.name === wanted ? [i] : []));
    if (services.length === 0) {
      const names = [...new Set(this.#services.map((s) => s.manifestName))];
      const hint =
        didYouMean(wanted, names) ??
        (names.length > 0
          ? `services: ${names.join(', ')}`
          : 'no manifest holds one that has a cluster IP and a selector');
      this.#report([...at, 'to'], `no service is called "${wanted}"`, hint);
    }
    return services;
  }

  #address({ from, address, to }: TrafficInput, services: readonly number[], at: Path): TrafficSpec['address'] {
    const all = services.map((service) => this.#services[service]!);
    if (all.length === 0) return 'clusterIP';
    const hasNodePort = all.every(({ ports }) => ports.some((port) => port.hasNodePort));
    const hasBalancer = all.every(({ loadBalancerIps }) => loadBalancerIps > 0);
    if (from === 'outside' && (address === 'clusterIP' || !(hasNodePort || hasBalancer))) {
      this.#report(
        [...at, 'from'],
        `${to} cannot be reached from outside${address === 'clusterIP' ? ' by its cluster IP' : ''}`,
        'give the Service type NodePort or LoadBalancer',
      );
    } else if ((address === 'nodePort' && !hasNodePort) || (address === 'loadBalancer' && !hasBalancer)) {
      this.#report([...at, 'address'], `${to} has no ${address === 'nodePort' ? 'node port' : 'load balancer'}`);
    }
    if (address !== undefined) return address;
    if (from !== 'outside') return 'clusterIP';
    return hasBalancer ? 'loadBalancer' : 'nodePort';
  }

  #port({ port, to }: TrafficInput, { ports, app }: ServiceSpec, at: Path): number {
    if (port === undefined) return 0;
    const index = ports.findIndex((p) => p.port === port || p.name === port);
    if (index < 0) {
      const known = ports.map((p) => (p.name === '' ? String(p.port) : `${p.name} (${p.port})`));
      this.#report([...at, 'port'], `${to} of ${app} has no port ${port}`, `its ports: ${known.join(', ')}`);
    }
    return Math.max(0, index);
  }

  #arrivals(entry: TrafficInput, index: number, at: Path): ArrivalSpec {
    const { stages, clients, trace, think, arrivals } = entry;
    const ways = [stages, clients, trace].filter((way) => way !== undefined).length;
    if (ways !== 1) {
      this.#report(
        at,
        `${ways === 0 ? 'has none' : `has ${ways}`} of stages, clients and trace; exactly one is needed`,
      );
    }
    const refuse = (field: string, value: unknown, wants: string): void => {
      if (value !== undefined) this.#report([...at, field], `is only for ${wants}`);
    };
    if (clients === undefined) refuse('think', think, 'clients of a closed loop: give their number in clients');
    if (stages === undefined) refuse('arrivals', arrivals, 'stages');
    if (trace !== undefined)
      refuse('keepAlive', entry.keepAlive, 'stages and clients: a line of a trace is a connection');
    if (stages === undefined)
      refuse('sampling', entry.sampling, 'stages: clients and traces are always simulated in full');
    const shape = this.#shapes.get(arrivals ?? TRAFFIC_SHAPE_DEFAULT);
    for (const other of this.#shapes.all) {
      for (const field of other === shape ? [] : Object.keys(other.fields ?? {})) {
        refuse(field, entry[field as keyof TrafficInput], `${other.name} arrivals`);
      }
    }
    if (clients !== undefined) {
      return { kind: 'closed', clients, think: this.#distribution(think, [...at, 'think']) };
    }
    if (trace !== undefined) return { kind: 'trace', times: this.#traces[index] ?? [] };
    return {
      kind: 'open',
      stages: (stages ?? []).map((stage) => ({ duration: ns(stage.duration), target: stage.target })),
      process: shape.name,
      ...(shape.read && { settings: shape.read(entry, at, this.#report) }),
    };
  }
}
