// What fields of parts are made of: those of zod that kubelapse itself builds its format with. Part of the extensions; all of zod would
// be three times as much.

export type { infer, ZodObject, ZodRawShape, ZodType } from 'zod';
export {
  array,
  boolean,
  discriminatedUnion,
  enum,
  int,
  literal,
  number,
  record,
  strictObject,
  string,
  tuple,
  union,
  unknown,
} from 'zod';
