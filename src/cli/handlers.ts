import type { CommandHandler } from './options/command.ts';

/**
 * What each command does, by its name; imported on first use. Apart from the tables, so that handlers may know the
 * options of their command.
 */
export const handlers: Readonly<Record<string, () => Promise<CommandHandler<never>>>> = {
  quickstart: async () => (await import('./commands/quickstart.ts')).quickstart,
  run: async () => (await import('./commands/run.ts')).run,
  resume: async () => (await import('./commands/resume.ts')).resume,
  plan: async () => (await import('./commands/plan.ts')).plan,
  rescore: async () => (await import('./commands/rescore.ts')).rescore,
  decide: async () => (await import('./commands/decide.ts')).decide,
  compare: async () => (await import('./commands/compare.ts')).compare,
  gate: async () => (await import('./commands/gate.ts')).gate,
  list: async () => (await import('./commands/list.ts')).list,
  show: async () => (await import('./commands/show.ts')).show,
  report: async () => (await import('./commands/report.ts')).report,
  score: async () => (await import('./commands/score.ts')).score,
  view: async () => (await import('./commands/view.ts')).view,
  figures: async () => (await import('./commands/figures.ts')).figures,
  paper: async () => (await import('./commands/paper.ts')).paper,
  export: async () => (await import('./commands/export.ts')).exportRuns,
  import: async () => (await import('./commands/import.ts')).importFiles,
  init: async () => (await import('./commands/prepare.ts')).init,
  doctor: async () => (await import('./commands/prepare.ts')).doctor,
  'models list': async () => (await import('./commands/models.ts')).modelsList,
  'models pull': async () => (await import('./commands/models.ts')).modelsPull,
  'models verify': async () => (await import('./commands/models.ts')).modelsVerify,
  'models remove': async () => (await import('./commands/models.ts')).modelsRemove,
  'data list': async () => (await import('./commands/data.ts')).dataList,
  'data pull': async () => (await import('./commands/data.ts')).dataPull,
  'data verify': async () => (await import('./commands/data.ts')).dataVerify,
  tasks: async () => (await import('./commands/tasks.ts')).tasks,
  schema: async () => (await import('./commands/prepare.ts')).schema,
  completion: async () => (await import('./commands/prepare.ts')).completion,
  calibrate: async () => (await import('./commands/client.ts')).calibrateClient,
  'null-server': async () => (await import('./commands/client.ts')).nullServer,
};
