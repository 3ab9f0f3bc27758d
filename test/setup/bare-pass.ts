/** What a pass may lack: a test of passes says what it has. */
export const barePass = {
  window: undefined,
  latencies: undefined,
  memory: undefined,
  memoryUnknown: undefined,
  devices: undefined,
  client: undefined,
  load: undefined,
  hasNoTokenCounts: undefined,
  server: undefined,
} as const;
