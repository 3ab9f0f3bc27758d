import { accuracyBySize } from '../page/charts/accuracy-by-size.ts';
import { printedOptions, type Figure } from '../page/figures/render-svg.ts';
import { taskRows, taskTitle, type PaperTable } from './paper-table.ts';

const billion = 1e9;

/** The paper's Figure 1 from its tables: accuracy on all tasks, here against model size. */
export function paperFigure(table: PaperTable, widthMm: number): Figure {
  const title = 'Figure 1: model accuracy across all tasks';
  const series = table.tasks.map((task) => ({
    task: taskTitle(task),
    points: taskRows(table, task).map(({ model, billions, accuracy }) => ({
      model,
      parameters: billions * billion,
      accuracy,
      bounds: undefined,
    })),
  }));
  return { name: 'figure-1', title, chart: accuracyBySize({ title, series }, printedOptions(widthMm, 'figure-1')) };
}
