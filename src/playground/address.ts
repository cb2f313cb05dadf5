// The state of the playground in its address, so that a link leads to an experiment. Part of the playground.
// Only what was changed against the scenario it began with is in it, packed.

import { deflateSync, inflateSync, strFromU8, strToU8 } from 'fflate';

export interface PlaygroundState {
  /** Name of the scenario it began with. */
  readonly scenario: string;
  /** Changed files of the first configuration, by path. */
  readonly a: Readonly<Record<string, string>>;
  /** Of the second one; undefined if there is none. */
  readonly b?: Readonly<Record<string, string>>;
}

/** What follows the # of the address. */
export function addressOf(state: PlaygroundState): string {
  const isPlain = Object.keys(state.a).length === 0 && state.b === undefined;
  if (isPlain) return `scenario=${encodeURIComponent(state.scenario)}`;
  const packed = deflateSync(strToU8(JSON.stringify(state)), { level: 9 });
  return `state=${base64url(packed)}`;
}

/** Undefined if the address says nothing, or nothing that can be read. */
export function stateOf(hash: string): PlaygroundState | undefined {
  const parameters = new URLSearchParams(hash.replace(/^#/, ''));
  const scenario = parameters.get('scenario');
  if (scenario !== null) return { scenario, a: {} };
  const packed = parameters.get('state');
  if (packed === null) return undefined;
  try {
    const state: unknown = JSON.parse(strFromU8(inflateSync(bytesOf(packed))));
    return isState(state) ? state : undefined;
  } catch {
    return undefined;
  }
}

function isState(value: unknown): value is PlaygroundState {
  const isFiles = (files: unknown): boolean =>
    typeof files === 'object' && files !== null && Object.values(files).every((text) => typeof text === 'string');
  if (typeof value !== 'object' || value === null) return false;
  const { scenario, a, b } = value as Record<string, unknown>;
  return typeof scenario === 'string' && isFiles(a) && (b === undefined || isFiles(b));
}

const base64url = (bytes: Uint8Array): string =>
  btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replace(/=+$/, '');

const bytesOf = (text: string): Uint8Array =>
  Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (letter) => letter.charCodeAt(0));
