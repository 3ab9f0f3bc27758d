import type { HttpClient } from './http-client.ts';
import type { SourceSettings } from './source-settings.ts';

/** What a pull is doing; many a second, so whoever draws it must thin them out. */
export interface PullProgress {
  /**
   * `wait`: another process is fetching the same file. `connect`: asking a server what it has. `unpack`: out of a wheel.
   * `verify`: computing a checksum.
   */
  readonly phase: 'wait' | 'connect' | 'download' | 'unpack' | 'verify' | 'retry';
  /** Name of the file, for people. */
  readonly file: string;
  readonly bytesDone: number;
  /** Undefined while it isn't known. */
  readonly bytesTotal: number | undefined;
  /** Why a download is tried again, or why another source is taken. */
  readonly note?: string;
}

export type OnPullProgress = (progress: PullProgress) => void;

export interface PullOptions {
  readonly onProgress?: OnPullProgress | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What everything on the way of a pull needs. */
export interface Pull extends PullOptions {
  readonly settings: SourceSettings;
  readonly http: HttpClient;
}

/** A file that was fetched, checked and given its final name. */
export interface FetchedFile {
  readonly path: string;
  /** Hex. */
  readonly sha256: string;
  readonly bytes: number;
}
