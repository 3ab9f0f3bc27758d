/** Headlines that are no share of right answers: what people call them, and what they are. */
const headlines: Readonly<Record<string, readonly [name: string, meaning: string]>> = {
  macro_f1: ['macro F1', 'macro F1, the mean of the F1 of all labels'],
  mean: ['mean score', 'the mean of graded scores'],
  f1: ['mean F1', 'the mean F1 of the words that an answer shares with the right one'],
  rouge_l: ['mean ROUGE-L', 'the mean ROUGE-L'],
};

/** What a headline is called where `accuracy` would be wrong; undefined for a share of right answers. */
export function headlineName(metric: string | undefined): string | undefined {
  return metric === undefined ? undefined : headlines[metric]?.[0];
}

/** What stands in the place of accuracy, where that is something else. */
export function headlineNote({ metric }: { readonly metric: string | undefined }): string | undefined {
  const meaning = metric === undefined ? undefined : headlines[metric]?.[1];
  return meaning === undefined ? undefined : `Accuracy here is ${meaning}, not the share of right answers`;
}
