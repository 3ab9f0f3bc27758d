import type { NativeDevice } from './native/native-devices.ts';

/** The memory of a device as its driver told it. */
export interface DeviceReading {
  readonly name: string;
  readonly description: string;
  readonly isSoftware: boolean;
  readonly totalBytes: number;
  /** Free before the model was loaded. */
  readonly freeBeforeBytes: number;
  readonly freeNowBytes: number;
  /** Least that was seen since the last reset. */
  readonly leastFreeBytes: number;
}

/** Follows the free memory of devices, which drivers tell only for the moment at which they are asked. */
export class DeviceWatch {
  readonly #ask: () => readonly NativeDevice[];
  readonly #before: readonly NativeDevice[];
  #least: readonly number[];

  /** Opened before anything is loaded. */
  constructor(ask: () => readonly NativeDevice[]) {
    this.#ask = ask;
    this.#before = ask();
    this.#least = this.#before.map(({ freeBytes }) => freeBytes);
  }

  /** The devices before anything was loaded. */
  get before(): readonly NativeDevice[] {
    return this.#before;
  }

  /** Starts a new peak. */
  reset(): void {
    this.#least = this.#ask().map(({ freeBytes }) => freeBytes);
  }

  /** Asks the drivers once; a look between two others can only raise the peak. */
  look(): readonly DeviceReading[] {
    const now = this.#ask();
    this.#least = this.#least.map((least, index) => Math.min(least, now[index]?.freeBytes ?? least));
    return this.#before.map(({ name, description, isSoftware, totalBytes, freeBytes }, index) => ({
      name,
      description,
      isSoftware,
      totalBytes,
      freeBeforeBytes: freeBytes,
      freeNowBytes: now[index]?.freeBytes ?? freeBytes,
      leastFreeBytes: this.#least[index] ?? freeBytes,
    }));
  }
}
