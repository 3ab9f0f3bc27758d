import { type Cell, numberCell } from '../present/document.ts';

/** A number of parameters, in millions or billions. */
export function parametersCell(parameters: number): Cell {
  return parameters >= 1e9
    ? numberCell(parameters / 1e9, 1, { after: ' B' })
    : numberCell(parameters / 1e6, 0, { after: ' M' });
}
