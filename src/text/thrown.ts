// What was thrown, in words: anything can be. Part of the texts.

/** The message of an error; of anything else what it is as text. */
export const messageOf = (thrown: unknown): string => (thrown instanceof Error ? thrown.message : String(thrown));
