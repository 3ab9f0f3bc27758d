/** A file that was fetched, checked and given its final name. */
export interface FetchedFile {
  readonly path: string;
  /** Hex. */
  readonly sha256: string;
  readonly bytes: number;
}
