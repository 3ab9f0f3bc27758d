/** Where the data sets of perbench's tasks are published on the Hugging Face hub. */
export const hubDatasets: Readonly<Record<string, { readonly id: string; readonly task: string }>> = {
  imdb: { id: 'stanfordnlp/imdb', task: 'imdb' },
  hellaswag: { id: 'Rowan/hellaswag', task: 'hellaswag' },
  arc_easy: { id: 'allenai/ai2_arc', task: 'ARC-Easy' },
  squad2: { id: 'rajpurkar/squad_v2', task: 'squad_v2' },
  gsm8k: { id: 'openai/gsm8k', task: 'gsm8k' },
};

/** `gsm8k` of `gsm8k/per@1`. */
export function datasetOf(taskId: string): string {
  return taskId.split('/')[0] ?? taskId;
}
