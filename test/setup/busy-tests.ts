/** The environment of commands in tests, which run beside each other: nobody waits for a quiet machine. */
export const busyTests = { PERBENCH_ALLOW_BUSY: '1' } as const;
