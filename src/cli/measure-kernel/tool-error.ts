// A program that was called and did not do its work: the machine's fault, not the input's. Part of `kubelapse measure-kernel`.

export class ToolError extends Error {
  /** @param said standard error of the program; @param ending what became of it, for programs that say nothing. */
  constructor(program: string, said: string, ending: string) {
    const first = said
      .split('\n')
      .map((line) => line.trim())
      .find((line) => line !== '');
    super(`${program}: ${first ?? ending}`);
    this.name = 'ToolError';
  }
}
