// Other names for everything that names something: the same name becomes the same other name everywhere, so that selectors
// still select. Part of the scenario. The names follow from a salt and the name alone: who knows the salt can guess names and
// compare, who does not cannot.

import seedrandom from 'seedrandom';

const LETTERS = 'abcdefghijklmnopqrstuvwxyz0123456789';
/** Characters of a name's replacement: two of a million names are alike with a probability of one in seven million. */
const LENGTH = 12;

/** Keys of labels that Kubernetes itself gives a meaning, and label values that say nothing of whose they are. */
const WELL_KNOWN_KEY = /(^|\.)(kubernetes|k8s)\.io\//;
const WELL_KNOWN_VALUE = /^(true|false|linux|windows|amd64|arm64|\d{1,3}|)$/;
/** Namespaces that every cluster has. */
const WELL_KNOWN_NAMES = new Set([
  ...['default', 'kube-system', 'kube-public', 'kube-node-lease'],
  ...['system-cluster-critical', 'system-node-critical'],
]);
/** Resources of which everybody knows whose they are. */
const WELL_KNOWN_RESOURCE = /(^|\.)((nvidia|amd|intel|google|amazonaws|amazon)\.com|habana\.ai|kubernetes\.io)\//;

export class Anonymiser {
  readonly #salt: string;
  readonly #names = new Map<string, string>();

  constructor(salt: string) {
    this.#salt = salt;
  }

  /** `web-frontend` as `n` and twelve letters and digits. @param prefix what the name is of. */
  name(text: string, prefix = 'n'): string {
    if (WELL_KNOWN_NAMES.has(text)) return text;
    const key = `${prefix}\u0000${text}`;
    let other = this.#names.get(key);
    if (other === undefined) {
      // A keyed generator with ARC4's whole state, not a digest: good enough for names, and there in a browser too.
      const generator = seedrandom(`${this.#salt}\u0000${key}`);
      other = prefix;
      for (let i = 0; i < LENGTH; i++) other += LETTERS[Math.floor(generator.quick() * LETTERS.length)];
      this.#names.set(key, other);
    }
    return other;
  }

  labelKey(key: string): string {
    return WELL_KNOWN_KEY.test(key) ? key : this.name(key, 'k');
  }

  labelValue(value: string): string {
    return WELL_KNOWN_VALUE.test(value) ? value : this.name(value, 'v');
  }

  labels(labels: Readonly<Record<string, unknown>>): Record<string, string> {
    return Object.fromEntries(Object.entries(labels).map(([k, v]) => [this.labelKey(k), this.labelValue(String(v))]));
  }

  /** `registry/team/app:1.2` as `image.invalid/i…:t…`. */
  image(image: string): string {
    const [, repository, tag] = /^([\s\S]*?)(?:@sha256:.+|:([\w][\w.-]*))?$/.exec(image)!;
    return `image.invalid/${this.name(repository!, 'i')}${tag === undefined ? '' : `:${this.name(tag, 't')}`}`;
  }

  /** A pruned object of any kind: names, labels, selectors and images, wherever in it they stand. */
  object(value: unknown, key = ''): unknown {
    if (Array.isArray(value)) return value.map((item) => this.object(item, key));
    if (typeof value !== 'object' || value === null) return this.#leaf(value, key);
    const isMap = LABEL_MAPS.has(key) && Object.values(value).every((child) => typeof child === 'string');
    if (isMap) return this.labels(value as Record<string, unknown>);
    if (RESOURCE_MAPS.has(key)) return this.#resources(value as Record<string, unknown>);
    const isTerm = 'key' in value;
    return Object.fromEntries(
      Object.entries(value).map(([name, child]) => {
        if (isTerm && name === 'key') return [name, typeof child === 'string' ? this.labelKey(child) : child];
        if (isTerm && (name === 'values' || name === 'value')) {
          const each = (v: unknown): unknown => (typeof v === 'string' ? this.labelValue(v) : v);
          return [name, Array.isArray(child) ? child.map(each) : each(child)];
        }
        return name === 'externalIPs' ? [name, []] : [name, this.object(child, name)];
      }),
    );
  }

  /** Amounts of what has a name of its own. */
  #resources(amounts: Readonly<Record<string, unknown>>): Record<string, unknown> {
    const other = (name: string): string =>
      !name.includes('/') || WELL_KNOWN_RESOURCE.test(name) ? name : `example.com/${this.name(name, 'r')}`;
    return Object.fromEntries(Object.entries(amounts).map(([name, amount]) => [other(name), amount]));
  }

  #leaf(value: unknown, key: string): unknown {
    if (typeof value !== 'string') return value;
    if (key === 'matchLabelKeys' || key === 'mismatchLabelKeys') return this.labelKey(value);
    if (key === 'hostIP') return value === '0.0.0.0' || value.startsWith('127.') ? value : '192.0.2.1';
    if (key === 'image') return this.image(value);
    if (key === 'topologyKey') return this.labelKey(value);
    if (key === 'path' || key === 'host' || key === 'service') return key === 'path' ? '/' : this.name(value, 'h');
    if (key === 'command') return 'true';
    return NAMES.has(key) ? this.name(value) : value;
  }
}

const LABEL_MAPS = new Set(['labels', 'matchLabels', 'nodeSelector', 'selector']);
const RESOURCE_MAPS = new Set(['requests', 'limits', 'capacity', 'podFixed']);
const NAMES = new Set([
  ...['name', 'namespace', 'namespaces', 'generateName', 'targetPort', 'port'],
  ...['priorityClassName', 'runtimeClassName'],
]);
