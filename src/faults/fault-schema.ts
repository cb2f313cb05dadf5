// How a fault is written in a scenario: its own fields beside its type and when it begins. Part of the faults.

import { z } from 'zod';
import { duration, field } from '../format/index.js';
import type { FaultType } from './fault.js';

export type FaultSchema = z.ZodObject<{ type: z.ZodLiteral<string>; at: typeof duration }>;

export const faultSchema = ({ type, meaning, fields }: FaultType): FaultSchema =>
  field(
    z.strictObject({ type: field(z.literal(type), meaning), at: field(duration, 'when it begins'), ...fields }),
    meaning,
  ) as unknown as FaultSchema;
