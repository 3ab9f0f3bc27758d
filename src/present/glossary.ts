import type { Warning } from '../core/measurement.ts';
import type { ScoreFlagCode } from '../scoring/factor.ts';

interface Meaning {
  readonly means: string;
  readonly todo: string;
}

/** What a warning on a measurement means for its reader, and what to do about it. */
export const warningMeanings: Readonly<Record<Warning['reason'], Meaning>> = {
  client_bound: {
    means: 'perbench may have been slower than the engine, so the real throughput may be higher.',
    todo: 'Use more client processes (--client-processes) or more cores, or lower the concurrency.',
  },
  short_window: {
    means: 'The steady part of the window was too short, so the throughput may be off.',
    todo: 'Raise windowSeconds, or lower the concurrency of a closed loop.',
  },
  overloaded: {
    means:
      'Requests came faster than they were answered: the rate is what the server can do, and latencies grow with the window.',
    todo: 'Lower the request rate.',
  },
  unsaturated: {
    means: 'Throughput was still rising at the highest concurrency that the search tries, so it could be higher.',
    todo: 'Set the concurrency yourself.',
  },
  cache_hits: {
    means: 'Work was reused between requests, so the speed is not that of new prompts.',
    todo: 'Turn off prompt caching.',
  },
  throttled: {
    means: 'The device lowered its clocks during the measurement.',
    todo: 'Cool it or lock its clocks, and measure again.',
  },
  host_busy: {
    means: 'Other programs took more than 5 % of the CPU, so speed may be greatly understated.',
    todo: 'Measure again on a quiet machine.',
  },
  foreign_process: { means: 'Another process used the same device.', todo: 'Stop it and measure again.' },
  other_hardware: {
    means: 'Measured on other hardware than the other models of the run: the numbers are not counted.',
    todo: 'Measure the model again on that hardware.',
  },
  errors: {
    means: 'More than 1 % of the requests failed: the numbers are not counted.',
    todo: 'See the failed samples.',
  },
  truncated: {
    means: 'More than 5 % of the answers ended at the token limit, so accuracy may be understated.',
    todo: 'See the truncated samples.',
  },
  unparsed: {
    means: 'More than 5 % of the outputs had no recognizable answer, so accuracy may be understated.',
    todo: 'See the unparsed samples.',
  },
  budget_cut: {
    means:
      'More than 5 % of the items have no answer: the output ended while the model was thinking. They count as wrong.',
    todo: 'Raise the budget of thoughts where it was used up, or turn thinking off.',
  },
  content_filter: {
    means: 'More than 5 % of the answers were held back by a content filter of the server. They count as wrong.',
    todo: 'Turn the filter off, or leave those items out.',
  },
  estimated: { means: 'Estimated, not measured; it enters no score.', todo: 'Measure it.' },
  unsupported: { means: 'The engine cannot do this.', todo: 'Use another engine.' },
  range_below_noise: {
    means: 'The models differ by less than repetitions of one measurement do.',
    todo: 'Use more items or launches.',
  },
  near_chance: {
    means: 'Not better than answering without reading the question.',
    todo: 'Do not deploy it for this task.',
  },
  label_bias: {
    means: 'The answers favour one label or position, whatever the question.',
    todo: 'See the labels in perbench show, and check the prompt style.',
  },
  some_failed: { means: 'A few items failed and count as wrong.', todo: 'Nothing, if below 1 % of the items.' },
  odd_answers: {
    means:
      'Some answers are not quite what was asked for: from another model, without token counts, or ended for an unknown reason.',
    todo: 'Check what the server serves under this name.',
  },
  small_sample: { means: 'Few items, so the interval is wide.', todo: 'Raise the limit.' },
  one_launch: { means: 'Measured in a single launch, so its spread is unknown.', todo: 'Use three launches.' },
  resumed: { means: 'The run was interrupted and resumed.', todo: 'Nothing: accuracy is not affected.' },
  peak_not_reset: { means: 'The memory peak includes work before the pass.', todo: 'Read it as an upper bound.' },
};

/** What a flag of a score means. */
export const flagMeanings: Readonly<Record<ScoreFlagCode, string>> = {
  no_valid_model: 'No model of the set can be scored.',
  set_too_small: 'PER compares models with each other, so a single model has none.',
  degenerate_set: 'With two models PER is 0 for almost all. Read the four factors instead.',
  small_set: 'With three models PER means little.',
  flat: 'All models are equal in this factor, so it does not affect the order.',
  range_below_noise: 'The models differ in this factor by less than repetitions of one measurement do.',
  lat_below_resolution: 'Below the resolution of the clock, which is used instead.',
  failed: 'The cell did not finish, so it has no score and affects no other.',
  missing: 'A factor was not measured; no value is imputed.',
  invalid: 'A measurement is invalid, so the model has no score.',
  unit: 'Measured in a different unit than the others.',
  worst:
    'The worst model of the set in any factor has a PER of 0, whatever else it does. That does not mean it is useless.',
  doubtful: 'The score depends on a number that is marked as doubtful.',
  below_trivial_baseline: 'Not better than always giving the same answer.',
};

/** A term that output uses, and what it means. */
export interface GlossaryEntry {
  readonly term: string;
  readonly meaning: string;
}

export interface GlossaryGroup {
  readonly title: string;
  readonly entries: readonly GlossaryEntry[];
  /** Codes of warnings and flags, which notes explain where they are used. */
  readonly isOfMarks: boolean;
}

function group(title: string, terms: Readonly<Record<string, string>>, isOfMarks = false): GlossaryGroup {
  return { title, entries: Object.entries(terms).map(([term, meaning]) => ({ term, meaning })), isOfMarks };
}

const warnings = Object.fromEntries(
  Object.entries(warningMeanings).map(([code, { means, todo }]) => [code, `${means} ${todo}`]),
);

/** Every term that tables, pages and files use. docs/glossary.md is generated from it, and reports carry it. */
export const glossary: readonly GlossaryGroup[] = [
  group('Runs', {
    task: 'A benchmark: a data set, a prompt, a scorer and a headline metric. Its id names protocol and version, as in gsm8k/per@2.',
    item: 'One row of the data set of a task.',
    sample: 'One item answered by one model: prompt, output, score, token counts and times.',
    suite: 'Models and tasks, and how they are measured.',
    run: 'One execution of a suite.',
    model: 'Weights under a name, with their quantization.',
    parameters: 'Numbers that a model has learned: 0.5B is 500 million.',
    quantization: 'How few bits each parameter is stored in, such as Q4_K_M.',
    'file (File)': 'Size of the file of a model, or of all its parts.',
    'bits per weight (Bits/weight)':
      'Bits of all tensors of a model by the numbers in them: scales count, other parts of its file do not.',
    'prompt style': 'Whether prompts are chat messages, plain text, or text in a template.',
    sha256: 'Checksum: files with the same one are the same.',
    cell: 'One model on one task.',
    launch: 'One start of the engine with the model. Performance varies more between launches than within one.',
    pass: 'One phase of a cell: accuracy, throughput or latency.',
    protocol:
      'How measurements are taken: serving (separate passes, several launches) or paper (one pass, as in the PER paper).',
    engine:
      'What runs the model: llama (llama.cpp in process), openai (a running server) or managed (a server that perbench starts).',
    device: 'What throughput and memory are counted per: a GPU, or the host if it has none.',
    'few-shot examples': 'Solved items in front of the question in each prompt.',
  }),
  group('Accuracy', {
    accuracy: 'Mean score over the evaluated items, by the headline metric of the task.',
    acc: 'Share of items answered correctly. For multiple choice by log-likelihood, the choice with the highest total log-probability counts.',
    acc_norm: 'As acc, with log-probabilities divided by the length of each choice in characters.',
    acc_bytes: 'As acc_norm, by length in UTF-8 bytes.',
    acc_token: 'As acc_norm, by length in tokens.',
    ties: 'Share of items where several choices had the same log-probability; the first one counts.',
    exact_match: 'Share of answers whose final number or text equals the expected one.',
    strict_match: 'As exact_match; only answers in the requested format count.',
    flexible_extract: 'As exact_match; the last number of the answer counts.',
    exact: 'SQuAD: share of answers equal to one of the expected ones after normalization.',
    f1: 'SQuAD: mean overlap of words between the answer and the expected one.',
    'confusion matrix':
      'How often answers gave one label where another was right: a row per right label, a column per given one; answers without a label apart.',
    Precision: 'Of the answers that give a label, the share for which it is right.',
    Recall: 'Of the items for which a label is right, the share that was given it.',
    F1: 'Harmonic mean of precision and recall of a label.',
    'missed by all': 'Items that no model gets right: where a right answer in the data is wrong, it is one of these.',
    'json_valid, Valid JSON': 'Share of answers in which JSON was found that can be read.',
    'schema_valid, Fits schema': 'Share of answers whose JSON has the shape that was asked for.',
    'fields_right, Fields right': 'Mean share of the fields of the right answer that the answer has right.',
    rouge_l: 'Mean overlap of words in the same order between the answer and the expected one (ROUGE-L, F-measure).',
    'macro_f1, macro F1':
      'Mean of F1 over the labels, each counting the same, however rare it is; a label that is never given counts as 0.',
    mean: 'Mean of what a scorer of the user gives each answer, from 0 to 1.',
    'chance level': 'Accuracy of guessing without reading the question.',
    unparsed: 'No answer could be extracted from the output (unreadable); it counts as wrong.',
    thoughts: 'What a model writes before its answer, in a block of its own. Kept with the sample, never scored.',
    'budget cut (Cut)':
      'Share of items without an answer, since the output ended while the model was thinking; they count as wrong.',
    filtered: 'Share of items whose answer was held back by a content filter of the server; they count as wrong.',
    predicted_X: 'Share of answers that were the label X; gold_X is the share of items for which X is correct.',
  }),
  group('Performance', {
    throughput: 'Completed items (or output tokens) per second and device, at a fixed concurrency.',
    'max concurrency': 'Requests in flight at once (sequences in the batch of the engine).',
    'closed loop': 'A new request starts as soon as one ends, so that concurrency is constant.',
    'request rate':
      'Open loop: requests per second that arrive as a Poisson process, whether or not earlier ones are done.',
    'offered rate (Offered)':
      'Open loop: requests per second and device that came. Throughput is what was answered of them.',
    rounds:
      'Of a window: answers in it for each place; the fewest of all launches. Of launches: the first of every model, then the second of every model.',
    'launch spread': 'By how much launches of one model differ, as a standard deviation in percent.',
    panel:
      'Items whose latency is measured with every model in every launch: drawn once per task, some from each length of prompt.',
    goodput: 'Share or rate of requests that meet the given limits of latency.',
    latency:
      'Time from sending a request to its last token, one request at a time, over the same items for every model. The median unless a percentile is named.',
    'time to first token (TTFT)': 'Time from sending a request to its first output token.',
    'acceptance (Accepted)':
      'Of speculative decoding, as with a draft model: the share of the drafted tokens that the model chose itself. The others were computed for nothing.',
    "the server's times":
      'Means of what a server timed by its own clock: in its queue, in prefill and decode, to the first token (TTFT), per token (TPOT), end to end (E2E). What the client waited beyond that passed outside the server.',
    'time per output token (TPOT)': 'Mean time between output tokens after the first.',
    'p50, p95, p99': 'Percentiles: p95 is the value that 95 % of the requests do not exceed.',
    memory: 'Peak memory of the engine per device: GPU memory, or resident memory of its process.',
    'host memory (Host)': 'Peak resident memory of the process of a model on GPUs, beside their memory.',
    'output tokens per second (Output)': 'Tokens generated per second and device, all requests together.',
    'tokens per answer (Tokens/answer)': 'Output tokens of an answer on average, thoughts included.',
    'thinking tokens (Thinking)':
      'Tokens of thoughts per answer; output tokens, latency, energy and price include them.',
    'energy per correct answer (Energy/correct)': 'Joules of the device per correct answer.',
    'latency under load (Load p95)': 'Latency at the load of the throughput pass, at the percentile named.',
    'Right/s, Right/s/GiB, Right/J, Right/money':
      'Correct answers per second and device; also per GiB, per joule and per unit of money.',
    'Price/1000, price': 'Price of 1,000 answers at the given hourly price.',
  }),
  group('Scores', {
    'ACC, THR, LAT, MEM':
      'The four factors: accuracy, throughput, latency and memory, each scaled to 0 to 1, higher is better.',
    'PER-paper, PER':
      'Performance-Efficiency Ratio as its paper defines it: the geometric mean of the four factors, scaled over the models of the table. It depends on which models are in the table, and is 0 for the worst in any factor.',
    'PER-A': 'Anchored PER: the same mean with factors scaled by fixed anchors, so that no other model can change it.',
    anchor: 'The value of throughput, latency or memory that scores 0.5 in PER-A.',
    factor: 'Accuracy, throughput, latency or memory, scaled to 0 to 1 as it enters the score; longer bars are better.',
    'rank, #': 'Place by the score of the table: 1, 2, 2, 4.',
    weighting: 'One way to weigh the four factors; 84 of them are tried.',
    '[ ]': 'Both ends of the 95 % confidence interval, where they may lie at unequal distances from the value.',
    '±': 'Half-width of the 95 % confidence interval, where its ends are about equally far from the value.',
    Ranks: 'Range of ranks in the central 95 % of the bootstrap resamples.',
    'P(1st), support': 'Share of the bootstrap resamples in which the model is first. It is support, not confidence.',
    '= beside a rank': 'Not distinguishable from the best model at 95 % confidence.',
    'required accuracy, Needs ACC': 'Accuracy that a model would need to be first, at its measured performance.',
    'Pareto front': 'Models that no other model beats in all of the chosen factors.',
    'robustness card': 'How the order changes with other weights or anchors, and with models or factors left out.',
  }),
  group('Decisions', {
    'data quality':
      'Good: no warning. Some doubts: a warning speaks against a number, or few items or launches are behind it. Not valid: most cells failed or have no valid number.',
    limit: 'A condition such as accuracy >= 0.7, memory <= 2GiB or latency p95 <= 800ms.',
    winner: 'The model with the highest PER-A.',
    cheapest: 'The model with the least device time per item among those that meet the limits.',
    base: 'The model that others are compared with, item by item: the one that a question names, else the first of the suite.',
    certificate:
      'The claim of an early stop: with the stated confidence, evaluating every model on all items would name the same model.',
    withdrawn:
      'A certificate that does not hold, because launches of this machine differ by more than was assumed. Run the race again.',
    gate: 'A check of a run against a baseline and limits: pass, fail, or inconclusive where the confidence interval contains the limit.',
    regression: 'An item that the baseline answers correctly and the candidate does not.',
  }),
  group('Cost', {
    'full use': 'Price of 1,000 answers where every paid second of a device is used.',
    'At this load': 'Price of 1,000 answers at the given load, with the devices that it takes.',
    'duty cycle': 'Share of the day in which answers are asked for.',
    PUE: 'Power usage effectiveness: power that a site draws over that of its computers.',
    'break-even, Cheaper from':
      'Answers a day from which on a model of your own costs less than an API; never: full use costs more than the API.',
    'Always from':
      'Answers a day from which on that stays so, although each further copy of the model is paid for whole.',
  }),
  group('Ladders', {
    ladder: 'Configurations of a model from large to small, each compared with the base.',
    front: 'Not shown to be worse than the base, and no other such model is at least as small and as fast.',
    'Difference, minus base': 'Accuracy less that of the base, by their answers to the same items.',
    'Right→wrong, Wrong→right': 'Share of items that only the base has right, and that only the model has.',
    Changed: 'Share of items with another answer than that of the base.',
    'KL, KL divergence':
      'Kullback-Leibler divergence of next-token distributions from those of the base, in nats; 0 means none.',
    'Same top token': 'Share of tokens at which both find the same one likeliest.',
    'Perplexity (PPL)': 'Perplexity of the tokens, by that under the base.',
  }),
  group('Where a number comes from', {
    measured: 'Measured by perbench.',
    derived: 'Computed from other measurements, such as latency from throughput under the paper protocol.',
    nominal: 'From a specification, such as parameters times bytes per parameter.',
    published: 'Read from a file or table of another program.',
    estimated: 'Estimated by perbench; it enters no score.',
    unavailable: 'Not measured; the reason is given.',
  }),
  group('Marks on numbers', warnings, true),
  group('Marks on scores', flagMeanings, true),
];

/** What a term is looked up by: each of `P(1st), support`, and the short form of `time to first token (TTFT)`. */
function namesOf(term: string): readonly string[] {
  return term.split(', ').flatMap((name) => {
    const [, long, short] = /^(.+) \((.+)\)$/u.exec(name) ?? [];
    return long === undefined || short === undefined ? [name] : [long, short];
  });
}

const meanings = new Map(
  glossary.flatMap(({ entries }) =>
    entries.flatMap(({ term, meaning }) => namesOf(term).map((name) => [name.toLowerCase(), meaning] as const)),
  ),
);

/** What a term means, whatever its capitals; undefined where the glossary has none. */
export function meaningOf(term: string): string | undefined {
  return meanings.get(term.toLowerCase());
}
