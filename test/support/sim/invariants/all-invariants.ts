// Every rule that a simulated world is held to. A new rule stands in a file of its own, and in this list.

import type { Invariant } from '../invariant.ts';
import {
  EveryWorkEnds,
  NoLeaseIsHeldForEver,
  NoSignalWaitsForEver,
  TheLogRunsAgain,
} from './everything-ends.ts';
import { OneBrAtATime, OneLogTask, PeopleAreObeyed } from './one-at-a-time.ts';
import { EveryEndIsTold, OneStoryOfTheTask, ToldOnce } from './told-once.ts';
import {
  NothingPromisedIsLost,
  PinnedStays,
  RestoresAreRight,
  VetoesHold,
  WindowIsTrue,
} from './window-is-true.ts';

export function allInvariants(seed: number): readonly Invariant[] {
  return [
    new OneBrAtATime(),
    new OneLogTask(),
    new PeopleAreObeyed(),
    new NothingPromisedIsLost(),
    new PinnedStays(),
    new VetoesHold(),
    new WindowIsTrue(seed, 4),
    new RestoresAreRight(),
    new TheLogRunsAgain(),
    new EveryWorkEnds(),
    new NoLeaseIsHeldForEver(),
    new NoSignalWaitsForEver(),
    new ToldOnce(),
    new EveryEndIsTold(),
    new OneStoryOfTheTask(),
  ];
}
