import { describe, expect, it } from 'vitest';
import { fastButUnproven } from '../../test/setup/judged-board.ts';
import { cell, cells, hostile, smallReport as report } from '../../test/setup/small-report.ts';
import { createScoreboards } from '../scoring/create-scoreboards.ts';
import { documentFormats } from './formats.ts';
import { escapeLatex } from './latex-cell.ts';
import { reportDocument } from './report-document.ts';

const formats = documentFormats.report;

describe('latexReport', () => {
  it('writes booktabs tables: best values bold, ties as well, intervals, marks, foreign text escaped', () => {
    expect(formats.latex.write(reportDocument(report))).toMatchInlineSnapshot(`
      "% perbench 0.1.0, run 20261124-163012-k3f9, Test CPU
      % Needs \\usepackage{booktabs,graphicx,textcomp} and an engine that reads UTF-8.
      % 10 of 1,319 items: a mini run

      \\begin{table}
      \\centering
      \\caption{GSM8K \\ensuremath{\\cdot} gsm8k/per@1 \\ensuremath{\\cdot} serving protocol \\ensuremath{\\cdot} accuracy metric: exact\\_match \\ensuremath{\\cdot} PER-paper/1, PER-A/provisional}
      \\label{tab:gsm8k-per-1-serving}
      \\resizebox{\\ifdim\\width>\\linewidth\\linewidth\\else\\width\\fi}{!}{%
      \\begin{tabular}{lrrrrr}
      \\toprule
      Model & PER-A & Accuracy & Throughput (items/s) & Latency (ms) & Memory (GiB) \\\\
      \\midrule
      fast & $\\mathbf{0.538}$$^{!}$ & $\\mathbf{0.310}\\ [0.290, 0.330]$ & $\\mathbf{8.00} \\pm 0.12$ & $\\mathbf{400} \\pm 10$$^{!}$ & $\\mathbf{0.2930} \\pm 0.0010$ \\\\
      small & $0.481$ & $\\mathbf{0.310}\\ [0.290, 0.330]$ & $4.32 \\pm 0.12$ & $812 \\pm 10$ & $\\mathbf{0.2930} \\pm 0.0010$ \\\\
      large & $0.298$ & $0.250\\ [0.230, 0.270]$ & $1.00 \\pm 0.12$ & $900 \\pm 10$ & $1.1719 \\pm 0.0010$ \\\\
      \\textbackslash{}input\\{/etc/passwd\\}\\_50\\%\\&\\symbol{34}x\\symbol{34} \\textasciicircum{}\\textasciitilde{}\\#\\$-{}- & -- & $0.900$ &  &  & -- \\\\
      \\bottomrule
      \\end{tabular}
      }
      \\par\\smallskip
      \\begin{minipage}{\\linewidth}\\footnotesize\\raggedright
      \\textbackslash{}input\\{/etc/passwd\\}\\_50\\%\\&\\symbol{34}x\\symbol{34} \\textasciicircum{}\\textasciitilde{}\\#\\$-{}- has no score: out of memory (PB\\_ENGINE)\\par
      $^{!}$ host\\_busy: latency of fast (other processes took 9 \\% of the CPU)\\par
      anchors of PER-A: accuracy 0.000 scores 0; 2.10 items/s, 860 ms and 300 MiB score 0.5 each; provisional, the medians of these models\\par
      95 \\% confidence intervals: [low, high], or \\ensuremath{\\pm} half the width\\par
      \\end{minipage}
      \\end{table}
      "
    `);
  });

  it('writes several tasks as one table, models by tasks, its notes after it', () => {
    const others = [cell('small', 0.61, 4, 800, 300), cell('fast', 0.5, 8, 400, 300)].map((own) => ({
      ...own,
      taskId: 'imdb/per@2',
    }));
    const tasks = { 'gsm8k/per@1': { title: 'GSM8K' }, 'imdb/per@2': { title: 'IMDB_50%' } };
    const anchors = {
      version: 'test',
      summary: '',
      tasks: {
        'gsm8k/per@1': {
          trivialAccuracy: 0,
          throughput: 4,
          latency: 800,
          memory: 2 ** 28,
          throughputUnit: 'items/s',
          latencyUnit: 'ms',
        },
      },
    } as const;
    const scoreboards = createScoreboards([...cells, ...others], { tasks, anchors });
    const text = formats.latex.write(reportDocument({ ...report, scoreboards }));
    expect(text).toMatchInlineSnapshot(`
      "% perbench 0.1.0, run 20261124-163012-k3f9, Test CPU
      % Needs \\usepackage{booktabs,graphicx,textcomp} and an engine that reads UTF-8.
      % Throughput, latency and memory of one task: the same with -t and the name of the task.
      % 10 of 1,319 items: a mini run

      \\begin{table}
      \\centering
      \\caption{Accuracy and PER-A of 4 models on 2 tasks. Bold: the best accuracy of a column and all that print the same, and the score of each model that is first or tied for it.}
      \\label{tab:results}
      \\resizebox{\\ifdim\\width>\\linewidth\\linewidth\\else\\width\\fi}{!}{%
      \\begin{tabular}{lrr}
      \\toprule
      Model & GSM8K\\textsuperscript{c,d} & IMDB\\_50\\%\\textsuperscript{c,d} \\\\
       & $n = 3$ & $n = 3$ \\\\
      \\midrule
      \\multicolumn{3}{l}{\\emph{Accuracy}} \\\\
      fast & $\\mathbf{0.310}\\ [0.290, 0.330]$ & $0.500\\ [0.480, 0.520]$ \\\\
      small & $\\mathbf{0.310}\\ [0.290, 0.330]$ & $\\mathbf{0.610}\\ [0.590, 0.630]$ \\\\
      large & $0.250\\ [0.230, 0.270]$ & -- \\\\
      \\textbackslash{}input\\{/etc/passwd\\}\\_50\\%\\&\\symbol{34}x\\symbol{34} \\textasciicircum{}\\textasciitilde{}\\#\\$-{}- & $0.900$ & -- \\\\
      \\midrule
      \\multicolumn{3}{l}{\\emph{PER-A}} \\\\
      fast & $\\mathbf{0.502}$\\textsuperscript{a} & $\\mathbf{0.577}$\\textsuperscript{a} \\\\
      small & $0.438$ & $0.525$ \\\\
      large & $0.254$ & -- \\\\
      \\textbackslash{}input\\{/etc/passwd\\}\\_50\\%\\&\\symbol{34}x\\symbol{34} \\textasciicircum{}\\textasciitilde{}\\#\\$-{}- & --\\textsuperscript{b} & -- \\\\
      \\bottomrule
      \\end{tabular}
      }
      \\par\\smallskip
      \\begin{minipage}{\\linewidth}\\footnotesize\\raggedright
      \\textsuperscript{a}~doubtful: The score depends on a number that is marked as doubtful. (LAT is doubtful: other processes took 9 \\% of the CPU)\\par
      \\textsuperscript{b}~failed: The cell did not finish, so it has no score and affects no other. (out of memory)\\par
      \\textsuperscript{c}~anchors of PER-A. GSM8K: accuracy 0.000 scores 0; 4.00 items/s, 800 ms and 256 MiB score 0.5 each. IMDB\\_50\\%: accuracy 0.000 scores 0; 4.00 items/s, 800 ms and 300 MiB score 0.5 each; provisional, the medians of these models.\\par
      \\textsuperscript{d}~95 \\% confidence intervals: [low, high], or \\ensuremath{\\pm} half the width.\\par
      \\end{minipage}
      \\end{table}
      "
    `);
    expect(text.match(/begin\{table\}/gu)).toHaveLength(1);
    // What is referred to is there, and what is there is referred to.
    const [table = '', notes = ''] = text.split(String.raw`\end{tabular}`);
    const used = new Set(
      [...table.matchAll(/textsuperscript\{([a-z,]+)\}/gu)].flatMap(([, codes = '']) => codes.split(',')),
    );
    const given = [...notes.matchAll(/^\\textsuperscript\{([a-z]+)\}/gmu)].map(([, code = '']) => code);
    expect([...used].toSorted()).toEqual(given.toSorted());
  });

  it('prints nothing bold in a column in which all are equal', () => {
    const equal = ['one', 'two'].map((model) => cell(model, 0.5, 4, 800, 300));
    expect(formats.latex.write(reportDocument({ scoreboards: createScoreboards(equal) }))).not.toContain('mathbf');
  });

  it('prints the scores bold of those that the answer names, whoever scores more', () => {
    const bold = (good: number): readonly string[] =>
      formats.latex
        .write(reportDocument({ scoreboards: [fastButUnproven(good)] }))
        .split('\n')
        .flatMap((line) => /^(\w+) & \$\\mathbf/u.exec(line)?.[1] ?? []);
    expect(bold(150)).toEqual([]);
    expect(bold(190)).toEqual(['good', 'fair']);
  });

  it('leaves no foreign character that LaTeX would obey', () => {
    const escaped = escapeLatex(hostile);
    expect(escaped).toBe(
      String.raw`\textbackslash{}input\{/etc/passwd\}\_50\%\&\symbol{34}x\symbol{34} \textasciicircum{}\textasciitilde{}\#\$-{}-`,
    );
  });

  it('copes with nothing, and with one model', () => {
    expect(formats.latex.write(reportDocument({ scoreboards: [] }))).not.toContain('tabular');
    const alone = formats.latex.write(reportDocument({ scoreboards: createScoreboards(cells.slice(0, 1)) }));
    expect(alone).toContain('small');
    expect(alone).not.toContain('mathbf');
  });
});
