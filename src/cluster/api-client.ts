// A client of the API server: how fast it may ask, and how long each of its requests takes. Part of the cluster vocabulary:
// controllers, scheduler and kubelets each have one or more of their own.
// What a request takes depends on what it is about: the n-th one of this client about that pod, node or service, whatever
// else the client has to do.

import { type Duration, type EntityKey, grown, type RandomStream, type RandomStreams } from '../engine/index.js';
import type { ApiAccess, RequestKind } from './messages.js';

/** How long the requests of a client take, each about a subject: a row of one table. */
export class RequestTimes {
  readonly #api: Pick<ApiAccess, 'requestDuration'>;
  readonly #luck: RandomStream;
  readonly #keyOf: (subject: number) => EntityKey;
  /** Requests so far, by subject. */
  #sent = new Uint32Array(0);

  /** @param client its name. @param keyOf what names a subject in draws. */
  constructor(
    api: Pick<ApiAccess, 'requestDuration'>,
    streams: RandomStreams,
    client: string,
    keyOf: (subject: number) => EntityKey,
  ) {
    this.#api = api;
    this.#luck = streams.stream(`api-client/${client}`);
    this.#keyOf = keyOf;
  }

  /** How long the next request about a subject takes, once it has been sent. */
  next(kind: RequestKind, subject: number): Duration {
    if (subject >= this.#sent.length) {
      this.#sent = grown(this.#sent, new Uint32Array(Math.max(64, subject * 2)));
    }
    return this.#api.requestDuration(kind, this.#luck.uniform(this.#keyOf(subject), this.#sent[subject]!++));
  }
}
