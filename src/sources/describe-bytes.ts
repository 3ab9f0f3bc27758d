const steps = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'] as const;

/** A size for error messages, such as `468.6 MiB`. */
export function describeBytes(bytes: number): string {
  let value = bytes;
  let step = 0;
  while (value >= 1024 && step < steps.length - 1) {
    value /= 1024;
    step += 1;
  }
  return step === 0 ? `${bytes} bytes` : `${value.toFixed(1)} ${steps[step]}`;
}
