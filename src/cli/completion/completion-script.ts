import { RootCommand } from '@bomb.sh/tab';
import { UsageError } from '../../core/errors.ts';
import { nearestName } from '../../core/nearest-name.ts';

const shells = ['bash', 'zsh', 'fish'] as const;

/**
 * Prints the script of a shell. It asks `perbench complete -- words…` at each press of the key, so it knows new tasks and
 * models without being made again.
 *
 * @throws {UsageError} for a shell that isn't known
 */
export function printCompletionScript(shell: string): void {
  if (!shells.some((known) => known === shell)) {
    const near = nearestName(shell, shells);
    throw new UsageError(`shell: expected one of ${shells.join(', ')}, got "${shell}"`, {
      hint: near === undefined ? undefined : `Did you mean "${near}"?`,
    });
  }
  // The library writes to stdout itself.
  new RootCommand().setup('perbench', 'perbench', shell);
}
