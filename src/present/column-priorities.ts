/**
 * What a terminal shows first where it can't show all; up to `essential` it has a place at any price. Of
 * the rest, what was asked for comes before what is nice to know.
 */
export const priorities = {
  accuracy: 1,
  accuracyInterval: 2,
  throughput: 3,
  score: 4,
  cut: 5,
  latency: 11,
  memory: 12,
  json: 13,
  thinking: 14,
  throughputInterval: 21,
  latencyInterval: 22,
  memoryInterval: 23,
  rank: 24,
  asked: 30,
  scoreInterval: 40,
  latencyP95: 41,
  energy: 42,
  otherScore: 43,
  load: 44,
  ranks: 50,
  tokens: 60,
  extra: 70,
} as const;
