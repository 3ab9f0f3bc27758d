import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import type { SqliteDatabase, SqliteStatement } from 'kysely';
import { explainSqliteError } from './sqlite-error.ts';

/** Statements kept compiled; inserts of many sizes have as many texts. */
const cachedStatements = 100;

/** Gives `node:sqlite` the shape that Kysely's SQLite dialect drives, and explains its errors. */
export function createKyselyDatabase(database: DatabaseSync, file: string): SqliteDatabase {
  const statements = new Map<string, SqliteStatement>();
  return {
    close() {
      database.close();
    },
    prepare(text) {
      const known = statements.get(text);
      if (known !== undefined) return known;
      const statement =
        text === 'rollback' ? rollbackStatement(database, file) : prepareStatement(database, text, file);
      const oldest = statements.size >= cachedStatements ? statements.keys().next().value : undefined;
      if (oldest !== undefined) statements.delete(oldest);
      statements.set(text, statement);
      return statement;
    },
  };
}

function explained<Value>(file: string, action: () => Value): Value {
  try {
    return action();
  } catch (error) {
    throw explainSqliteError(error, file);
  }
}

function prepareStatement(database: DatabaseSync, text: string, file: string): SqliteStatement {
  // Every transaction here writes. One that began by reading would fail at once, without waiting, if another process
  // wrote in between.
  const statement = explained(file, () => database.prepare(text === 'begin' ? 'begin immediate' : text));
  return {
    reader: statement.columns().length > 0,
    all: (parameters) => explained(file, () => statement.all(...bindable(parameters))),
    run: (parameters) => explained(file, () => statement.run(...bindable(parameters))),
    iterate: (parameters) => statement.iterate(...bindable(parameters)),
  };
}

/** A full disk makes SQLite roll back on its own; a second rollback would fail and hide why. */
function rollbackStatement(database: DatabaseSync, file: string): SqliteStatement {
  return {
    reader: false,
    all: () => [],
    run() {
      explained(file, () => {
        if (database.isTransaction) database.exec('rollback');
      });
      return { changes: 0, lastInsertRowid: 0 };
    },
    iterate: () => [].values(),
  };
}

// Kysely doesn't type parameters; the table types allow text, numbers and null alone.
function bindable(parameters: readonly unknown[]): SQLInputValue[] {
  return parameters as SQLInputValue[];
}
