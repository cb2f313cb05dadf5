// Clients of the services. Part of the scenario's format.

import { z } from 'zod';
import { type Catalogue, TRAFFIC_SHAPE_DEFAULT } from '../../catalogue.js';
import { distribution } from '../../format/distributions.js';
import { duration, field, OURS, optional, otherwise, positive, quantity, someTime } from '../../format/fields.js';
import { CONNECTIONS_PER_SECOND_DEFAULT } from '../defaults.js';
import { RATE_MAX } from '../limits.js';

/** An entry, with the fields that the shapes bring. */
export const trafficOf = (trafficShapes: Catalogue['trafficShapes']) =>
  z.strictObject({
    from: optional(
      z.union([
        z.literal('outside'),
        z.strictObject({ app: field(z.string(), 'clients are pods of this application') }),
        z.strictObject({ nodes: field(z.literal('all'), 'clients are on all nodes, in no pod') }),
      ]),
      'where requests come from; outside: from outside the cluster, by node port or load balancer',
      { default: '{nodes: all}' },
    ),
    to: field(
      z.string().regex(/^service\/.+$/, { error: 'must be service/<name>' }),
      'service/<name> as in the manifest; of a bundle with copies, one of the copies at random',
    ),
    port: optional(z.union([z.int().min(1).max(65535), z.string()]), 'port of the service, or its name', {
      default: 'its first port',
    }),
    address: optional(z.enum(['clusterIP', 'nodePort', 'loadBalancer']), 'which of its addresses is used', {
      default: 'clusterIP; from outside loadBalancer, or nodePort where there is none',
    }),
    stages: optional(
      z
        .array(
          z.strictObject({
            duration: field(duration, 'length of the stage'),
            target: field(z.number().min(0).max(RATE_MAX), 'requests per second at its end', { unit: 'requests/s' }),
          }),
        )
        .min(1),
      'rate of requests, changing linearly from target to target; the first stage has its target from the beginning, and the last target is held. One of stages, clients and trace is needed',
    ),
    arrivals: optional(
      z.enum(trafficShapes.names),
      `spacing of connections: ${trafficShapes.all.map(({ name, meaning }) => `${name}: ${meaning}`).join('; ')}`,
      { default: TRAFFIC_SHAPE_DEFAULT },
    ),
    ...(Object.assign({}, ...trafficShapes.all.map(({ fields }) => fields)) as z.ZodRawShape),
    clients: optional(z.int().min(1).max(100_000), 'closed loop: number of clients, each with one request at a time', {
      unit: 'clients',
    }),
    think: optional(distribution, 'closed loop: time from a response to the client’s next connection', {
      unit: 's',
      default: '0s',
    }),
    trace: optional(
      z.string().min(1),
      'CSV file of arrivals, relative to the scenario: a column time_seconds in ascending order, and optionally a column requests',
    ),
    sampling: optional(
      z.strictObject({
        connectionsPerSecondMax: field(
          positive,
          'maximum connections simulated per second; beyond that, each stands for several',
          {
            unit: 'connections/s',
          },
        ),
      }),
      'limit on the work of the simulation',
      { default: `{connectionsPerSecondMax: ${CONNECTIONS_PER_SECOND_DEFAULT}}` },
    ),
    keepAlive: optional(
      z.strictObject({
        requests: field(z.int().min(1), 'requests that one connection carries, one after the other'),
        interval: optional(distribution, 'time from a response to the next request', { unit: 's', default: '0s' }),
      }),
      'several requests per connection: only the first pays for the lookup',
      { default: '{requests: 1}' },
    ),
    requestSize: otherwise(quantity, '0', 'bytes of a request', { unit: 'bytes', default: '0: it fits into a packet' }),
    responseSize: otherwise(quantity, '0', 'bytes of a response', {
      unit: 'bytes',
      default: '0: it fits into a packet',
    }),
    timeout: otherwise(someTime, '30s', 'a client gives up on an attempt after this long', { source: OURS }),
    retries: otherwise(z.int().min(0).max(10), 0, 'how many times a client retries a failed request'),
    retryBackOff: otherwise(duration, '100ms', 'wait before the first retry, doubled at each further one', {
      source: OURS,
    }),
  });
