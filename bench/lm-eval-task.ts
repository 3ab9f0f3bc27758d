import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

export interface LmEvalTask {
  readonly name: string;
  /** Documents of the task; its templates name their fields. */
  readonly rows: readonly object[];
  /** The rest of the task, in lm-evaluation-harness's own keys. */
  readonly settings: Readonly<Record<string, unknown>>;
}

/** Writes a task of lm-evaluation-harness with its rows into a folder, for `--include_path`. */
export async function writeLmEvalTask(folder: string, { name, rows, settings }: LmEvalTask): Promise<void> {
  const data = join(folder, `${name}.jsonl`);
  await writeFile(data, rows.map((row) => JSON.stringify(row)).join('\n'));
  const task = {
    task: name,
    dataset_path: 'json',
    dataset_kwargs: { data_files: { test: data } },
    test_split: 'test',
    ...settings,
  };
  // JSON is YAML.
  await writeFile(join(folder, `${name}.yaml`), JSON.stringify(task));
}
