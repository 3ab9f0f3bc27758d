/** For the first lines of a file: what a document with such tables must load. */
export const latexNeeds = String.raw`% Needs \usepackage{booktabs,graphicx,textcomp} and an engine that reads UTF-8.`;

/** A table as it is, or as wide as the text where it would be wider. */
export function atMostLineWide(tabular: readonly string[]): readonly string[] {
  return [String.raw`\resizebox{\ifdim\width>\linewidth\linewidth\else\width\fi}{!}{%`, ...tabular, '}'];
}

/**
 * Notes apart from the table, as wide as the text.
 *
 * @param notes in LaTeX
 */
export function notesBelow(notes: readonly string[]): readonly string[] {
  if (notes.length === 0) return [];
  return [
    String.raw`\par\smallskip`,
    String.raw`\begin{minipage}{\linewidth}\footnotesize\raggedright`,
    ...notes.map((note) => String.raw`${note}\par`),
    String.raw`\end{minipage}`,
  ];
}
