// The state of the playground in its address, so that a link leads to an experiment. Part of the playground.
// Only what was changed against the scenario it began with is in it, packed.

import { deflateSync, Inflate, strFromU8, strToU8 } from 'fflate';
import { jsonValue } from '../scenario/yaml/depth.js';

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
    const state = jsonValue(strFromU8(inflated(bytesOf(packed))))?.value;
    return isState(state) ? state : undefined;
  } catch {
    return undefined;
  }
}

/** Bytes of a state at most: a link is made by hand of a scenario and its manifests. */
const STATE_BYTES_MAX = 1 << 20;
/** Files of a configuration at most. No published figure. */
const FILES_MAX = 200;
/** Bytes that are inflated at a time: they may become a thousand times as many. */
const PIECE = 1024;

/** Throws a RangeError if there is too much in it: a link may come from anybody. */
function inflated(packed: Uint8Array): Uint8Array {
  const chunks: Uint8Array[] = [];
  let length = 0;
  const inflate = new Inflate((chunk) => {
    chunks.push(chunk);
    length += chunk.length;
  });
  for (let at = 0; at < packed.length; at += PIECE) {
    inflate.push(packed.subarray(at, at + PIECE), at + PIECE >= packed.length);
    if (length > STATE_BYTES_MAX) throw new RangeError('the link holds more than a playground takes');
  }
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}

function isState(value: unknown): value is PlaygroundState {
  const isFiles = (files: unknown): boolean =>
    typeof files === 'object' &&
    files !== null &&
    Object.keys(files).length <= FILES_MAX &&
    Object.values(files).every((text) => typeof text === 'string');
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
