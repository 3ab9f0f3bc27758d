/** Whether a task is among those named by id or short name (`gsm8k` is every protocol of it); no names mean all. */
export function isTaskNamed(taskId: string, names: readonly string[]): boolean {
  if (names.length === 0) return true;
  return names.some((name) => taskId === name || taskId.startsWith(`${name}/`) || taskId.startsWith(`${name}@`));
}
