/** What the registry of tasks must tell. */
export interface TaskNames {
  /**
   * The tasks behind a name, `all` and other groups included, with the items of each.
   *
   * @throws {UnknownNameError} for a name that isn't known
   */
  resolve(name: string): Promise<readonly { readonly id: string; readonly items: number }[]>;
}
