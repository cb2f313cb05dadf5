// Makes the event queue that a name asks for.

import type { EventQueue, QueueName } from '../event-queue.js';
import { FastPriorityEventQueue } from './fast-priority-event-queue.js';
import { HeapEventQueue } from './heap-event-queue.js';
import { WheelEventQueue } from './wheel-event-queue.js';

export function createEventQueue(name: QueueName): EventQueue {
  switch (name) {
    case 'wheel':
      return new WheelEventQueue();
    case 'heap':
      return new HeapEventQueue();
    case 'fastpriorityqueue':
      return new FastPriorityEventQueue();
  }
}
