// What the measurement needs of the machine, and the one message that says everything that is missing. Part of
// `kubelapse measure-kernel`.

import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileError, type InputError } from '../../scenario/index.js';
import type { Backend } from './backends.js';
import { namespaceProblem } from './namespaces.js';

/** What is known of the machine. */
export interface Machine {
  readonly platform: NodeJS.Platform;
  readonly isRoot: boolean;
  hasTool(name: string): boolean;
  /** Why no network namespace can be made; undefined if one can, or if that could not even be tried. */
  readonly namespaceProblem?: string | undefined;
}

/** Looks at this machine; makes a network namespace for it where that can be tried, and removes it. */
export function thisMachine(): Machine {
  const { platform } = process;
  const isRoot = process.geteuid?.() === 0;
  const canTry = platform === 'linux' && isRoot && isOnPath('ip');
  return { platform, isRoot, hasTool: isOnPath, namespaceProblem: canTry ? namespaceProblem() : undefined };
}

/** Tools of a backend that the machine lacks. */
export const missingTools = (machine: Machine, { tools }: Backend): string[] =>
  tools.filter((tool) => !machine.hasTool(tool));

/** The refusal, with everything that is missing; undefined if the machine will do for at least one of the backends. */
export function refusalOf(machine: Machine, backends: readonly Backend[]): InputError | undefined {
  const isLinux = machine.platform === 'linux';
  const lacksIp = !machine.hasTool('ip');
  const lacksAll = backends.every((backend) => missingTools(machine, backend).length > 0);
  const problems = [
    ...(isLinux ? [] : [`this is ${machine.platform}, and it needs Linux`]),
    ...(machine.isRoot ? [] : ['it needs root']),
    ...(lacksIp ? ['ip is not on the PATH'] : []),
    ...(machine.namespaceProblem === undefined
      ? []
      : [`no network namespace can be made (${machine.namespaceProblem})`]),
    ...(lacksAll ? [`${lackOf(backends)} on the PATH`] : []),
  ];
  if (problems.length === 0) return undefined;
  const packages = [...(lacksIp ? ['iproute2'] : []), ...(lacksAll ? packagesOf(backends) : [])];
  const steps = [
    ...(isLinux ? [] : ['use a Linux machine or a virtual one']),
    ...(packages.length === 0 ? [] : [`apt-get install ${packages.join(' ')}`]),
    ...(machine.isRoot ? [] : ['run it as root, such as with sudo']),
    ...(machine.namespaceProblem === undefined ? [] : ['in a container it needs the capability SYS_ADMIN']),
  ];
  return cannotRun(problems.join('; '), steps.join('; '));
}

/** No backend is left after each was tried. @param reasons one each. */
export const noneLeft = (reasons: readonly string[]): InputError =>
  cannotRun(
    `no mode can be measured: ${reasons.join('; ')}`,
    'name other modes with --modes, or use a kernel that has them',
  );

const cannotRun = (problems: string, hint: string): InputError =>
  fileError('measure-kernel', `cannot run here: ${problems}`, hint);

function lackOf(backends: readonly Backend[]): string {
  const named = packagesOf(backends).map((name) => {
    const tools = backends.filter((backend) => backend.package === name).map(({ tools }) => tools[0]!);
    const isNamedAlike = tools.length === 1;
    return isNamedAlike ? tools[0]! : `${name} (${tools.join(' or ')})`;
  });
  return named.length === 1 ? `${named[0]} is not` : `neither ${named.join(' nor ')} is`;
}

const packagesOf = (backends: readonly Backend[]): string[] => [...new Set(backends.map((backend) => backend.package))];

function isOnPath(name: string): boolean {
  return (process.env.PATH ?? '').split(delimiter).some((dir) => {
    try {
      accessSync(join(dir, name), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
