import type { LoadedModel } from '../../core/engine.ts';
import { createLaunch, type Launch } from '../model-session.ts';
import { withModel } from '../manifest-keeper.ts';
import type { RaceWorld } from './open-race.ts';
import type { RaceLane } from './race-lane.ts';

/** The one engine that is open in a race. */
export interface RaceEngine {
  /** The model's engine in that launch; closes any other. */
  open(lane: RaceLane, launch: number): Promise<LoadedModel>;
  close(): Promise<void>;
}

export function createRaceEngine({ context, manifest }: RaceWorld): RaceEngine {
  const { launches } = context.plan.suite;
  let current: { readonly model: string; readonly launch: number; readonly engine: Launch } | undefined;

  async function close(): Promise<void> {
    const { engine } = current ?? {};
    current = undefined;
    await engine?.close();
  }

  return {
    async open({ facts: { model }, plannedModel }, launch) {
      if (current?.model !== model || current.launch !== launch) {
        await close();
        const engine = createLaunch(
          context,
          plannedModel,
          launch,
          (loaded) => manifest.change((stored) => withModel(stored, plannedModel, loaded)),
          launch === 0 ? 1 : 1 + launches,
        );
        current = { model, launch, engine };
      }
      return current.engine.open();
    },
    close,
  };
}
