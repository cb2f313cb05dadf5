// What the process that draws is asked for, and what it answers. Part of `kubelapse chart`.

/** What is to be drawn. */
export interface DrawingOrder {
  readonly spec: Readonly<Record<string, unknown>>;
  /** Whether a PNG is wanted as well. */
  readonly png: boolean;
  readonly seconds: number;
}

export interface Drawing {
  readonly svg: string;
  readonly png: Uint8Array | undefined;
  readonly warnings: readonly string[];
}
