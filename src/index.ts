/**
 * perbench as a library: PER and the scores, tasks, suites, engines, and `run` as a stream of events.
 *
 * What isn't exported here may change without notice. See docs/library.md.
 */
export type { Cell, CellError, CellMeasurements, CellState, PassName, PassResult } from './core/cell.ts';
export type {
  Capabilities,
  ChatMessage,
  ContinuationScore,
  Engine,
  EngineOptions,
  GenerateRequest,
  Generation,
  GenerationResult,
  LoadedModel,
  Loglikelihood,
  LoglikelihoodRequest,
  LoglikelihoodResult,
  ModelInfo,
  ModelSpec,
  PassOptions,
  Prompt,
  PromptStyle,
  RequestFailure,
  RequestTimes,
} from './core/engine.ts';
export {
  ConfigError,
  DataError,
  DownloadError,
  EngineError,
  EnvironmentError,
  FencedError,
  ImportError,
  InvalidItemError,
  LauncherError,
  ModelError,
  NoStoreError,
  PerbenchError,
  ServerError,
  StoreError,
  UnknownNameError,
  UnsupportedError,
  UsageError,
} from './core/errors.ts';
export type { JobRecord, JobStatus, Launcher, LauncherName, LauncherWorld, WorkerOrder } from './core/cluster.ts';
export type { PassProgress, RunEvent } from './core/event.ts';
export { type ClientWindow, type GoodputLimits, type LoadRecord, parseGoodput } from './core/load.ts';
export type { LossFigures, LossRecord, LossSource } from './core/loss.ts';
export type { Manifest } from './core/manifest.ts';
export {
  type Interval,
  invalidReasons,
  type Measurement,
  type MetricName,
  metricNames,
  type Unit,
  type Warning,
} from './core/measurement.ts';
export { formatLimit, type GateLimits, type Limit, type Limits, parseLimit } from './core/limits.ts';
export type { RaceCertificate, RaceQuestion, RaceVerdict } from './core/race.ts';
export type { DeviceMemory, MemoryReading, MemorySplit, ServerWindow } from './core/meter.ts';
export type { BoundedTime, ServerSide, ServerSideRow, ServerTime } from './core/server-side.ts';
export type { Sample } from './core/sample.ts';
export type { RunRecord, RunStatus, Store } from './core/store.ts';
export { defineSuite, type Suite, type SuiteInput, suiteSchema } from './core/suite.ts';
export {
  defineTask,
  type DatasetReference,
  type GenerateTask,
  type GenerationPrompt,
  type GenerationQuestion,
  type ItemScore,
  type LikelihoodQuestion,
  type LikelihoodTask,
  type Task,
} from './core/task.ts';
export { engines, openEngine } from './engines/index.ts';
export { foreignFormats } from './formats/foreign-formats.ts';
export type { ForeignFormat, ImportedCell, StoredCell } from './formats/format.ts';
export { briefDocument, type BriefOptions } from './present/brief-document.ts';
export { comparisonDocument } from './present/comparison-document.ts';
export { costDocument } from './present/cost-document.ts';
export { ladderDocument } from './present/ladder-document.ts';
export { decisionDocument } from './present/decision-document.ts';
export type { Document } from './present/document.ts';
export { documentFormats, type Format } from './present/formats.ts';
export { type Gate, gateDocument } from './present/gate-document.ts';
export { lossDocument, type LossTable } from './present/loss-document.ts';
export { type Serving, type ServingForm, servingText } from './present/serving.ts';
export { reportDocument } from './present/report-document.ts';
export { sampleFormats } from './present/samples.ts';
export type { Report, ReportRun } from './present/report.ts';
export { type CancelledRun, cancelRun } from './app/cluster/cancel-run.ts';
export { followRun, type FollowOptions } from './app/cluster/follow-run.ts';
export { runOn, type RunOnOptions } from './app/cluster/run-on.ts';
export { compareRuns, type CompareRunsOptions } from './app/compare-runs.ts';
export { type CopiedRun, type CopyOutcome, copyRuns, type CopyRunsOptions } from './app/copy-runs.ts';
export { laddersOfRun, type LadderOptions } from './app/ladders-of-run.ts';
export { type CostOptions, costsOfFile, costsOfRun } from './app/costs-of-run.ts';
export { type ApiPrices, readPrices } from './app/prices-file.ts';
export type { ApiCost, BreakEven, CostPlan, OwnCost, TaskCosts } from './scoring/cost.ts';
export { type GateOptions, gateRuns } from './app/gate-runs.ts';
export type { OwnTask } from './app/local-context.ts';
export { sweep, type SweepInput, type SweepOptions } from './app/sweep.ts';
export type { Sweep, SweepCell, SweepMetric, SweepSearch } from './core/sweep.ts';
export type { SweepEvent } from './run/sweep/sweep-plan.ts';
export { sweepDocument } from './present/sweep-document.ts';
export { calibrate, type CalibrateOptions } from './app/calibrate.ts';
export { type ExportSource, formatFiles, runFile, sampleRows } from './app/export-runs.ts';
export { importFiles, type ImportFilesOptions, type ImportedRun } from './app/import-files.ts';
export type { ImportedAnswersRun } from './app/import-answers.ts';
export {
  freezeProjectAnchors,
  freezeRunAnchors,
  type FreezeAnchorsOptions,
  type FrozenAnchors,
} from './app/freeze-project-anchors.ts';
export {
  reportRuns,
  type ReportOptions,
  reportTable,
  type RunReportOptions,
  type TableReportOptions,
  type WantedTask,
} from './app/report-runs.ts';
export { hostClassOf, resolveAnchors, type ResolveAnchorsOptions } from './app/resolve-anchors.ts';
export type { ScoringChoice } from './app/scoring.ts';
export { recommendedModel } from './app/serving/recommended-model.ts';
export { serveCommand, type ServeOptions } from './app/serving/serve-command.ts';
export { quantizeModel, type QuantizedModel, type QuantizeModelOptions } from './app/quantize-model.ts';
export {
  estimate,
  type EstimateOptions,
  importAnswers,
  measureLoss,
  type MeasureLossOptions,
  plan,
  type PlanOptions,
  run,
  type RunOptions,
  type ScoreAnswersOptions,
} from './app/run.ts';
export { work, type WorkRunOptions } from './app/cluster/work.ts';
export type { WorkOutcome } from './app/cluster/work-options.ts';
export type { Estimates, ModelEstimate } from './app/estimate-models.ts';
export type { SuiteOutlook } from './app/plan-suite.ts';
export { runEvidence } from './app/run-evidence.ts';
export { cellMeasurements } from './metrics/cell-measurements.ts';
export { accuracyWeightCurve } from './scoring/accuracy-weight-curve.ts';
export {
  anchoredVersion,
  type Anchors,
  type AnchorSet,
  anchorsOf,
  freezeAnchors,
  paperAnchors,
  type TaskAnchors,
} from './scoring/anchors.ts';
export { anytimeInterval } from './stats/anytime-interval.ts';
export { type BootstrapModel, type BootstrapResult, bootstrapTask } from './scoring/bootstrap.ts';
export type { CellComparison, Comparison, MetricComparison } from './scoring/comparison.ts';
export type { Ladder, LadderRow } from './scoring/ladder.ts';
export type { ConstraintCheck } from './scoring/constraints.ts';
export { createScoreboards } from './scoring/create-scoreboards.ts';
export { type Answer, type Answers, joinAnswers } from './scoring/answer.ts';
export { answersHeadline, answerSentences } from './scoring/answer-text.ts';
export type { AskedTask } from './scoring/answer-support.ts';
export { decide, type DecideOptions } from './scoring/decide.ts';
export { efficiency } from './scoring/efficiency.ts';
export { decideGate, gateChecks, type GateCheck, type GateResult } from './scoring/gate.ts';
export { type FactorName, factorNames, type Factors } from './scoring/factor.ts';
export { geometricMean } from './stats/means.ts';
export { joinPerformance } from './scoring/join-performance.ts';
export { kendallTauB } from './stats/rank-inference.ts';
export { judgeScoreboard, type JudgeOptions } from './scoring/judge-scoreboard.ts';
export { launchInterval, launchSpread, poolSpreads } from './stats/launch-interval.ts';
export { mcNemarTest } from './stats/paired-comparison.ts';
export { minMax } from './scoring/per-paper.ts';
export type { ModelMetrics } from './scoring/factor.ts';
export { nadirFlips } from './scoring/robustness-card.ts';
export { dominates, paretoFront } from './scoring/pareto.ts';
export { anchoredFactors, anchoredScore, perAnchored } from './scoring/per-anchored.ts';
export { perPaper, type PerPaperResult, type PerPaperRow } from './scoring/per-paper.ts';
export { type AuditedClaim, auditPaper, type PaperAudit } from './paper/audit-paper.ts';
export { percentile } from './stats/quantile.ts';
export { quantile } from './stats/quantile.ts';
export { createRandom, randomOrder } from './stats/random.ts';
export { rankInference } from './stats/rank-inference.ts';
export { requiredAccuracy } from './scoring/required-accuracy.ts';
export { anchoredRobustness, paperRobustness } from './scoring/robustness-card.ts';
export { type ScoredTable, scoreTable } from './formats/score-table.ts';
export type { Scoreboard, ScoreboardCell, ScoreboardRow, ScoreboardTask } from './scoring/scoreboard.ts';
export { clusteredStandardError, pairedDifference, standardError } from './stats/score-interval.ts';
export type { TaskEvidence } from './scoring/task-evidence.ts';
export { wilsonInterval } from './stats/score-interval.ts';
export { openLauncher } from './launchers/index.ts';
export { openStore, type OpenStoreOptions } from './store/open-store.ts';
export { openSqliteStore } from './store/sqlite-store.ts';
export { loadTask, loadTasks, taskNames, tasks, withShots } from './tasks/index.ts';
