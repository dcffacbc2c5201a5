/**
 * Plays what a few actors do on shared memory in every order that takes no more than so many preemptions.
 *
 * An actor goes on until it ends, waits, or is preempted before an access; whenever it ends or waits, each other
 * actor gets its chance to be next, which costs nothing. The schedules are those that differ in such choices: first
 * all without a preemption, then all with one, and so on, so that what is reported is the simplest that fails.
 *
 * Preempting before an access makes a difference only if another actor accesses the same word and one of them
 * writes. Which words these are is learned on the way: when another one turns up, the exploration begins anew.
 *
 * A schedule is written as the turns with their counts of accesses: `A4 B7 A*` lets A make four accesses, then B
 * seven, then A all that are left to it, until it ends or waits. `A4x` is the end of A after four accesses, as that
 * of a terminated thread. At the end of what is written, whoever can goes on, the first one first.
 *
 * Threads die where others could notice, too: let an actor look at what must hold after a death, not `check` alone.
 * An actor that waits with a time limit wakes when nobody else can go on, or earlier at the cost of a preemption.
 */
import { stepper, type Steps } from './stepper.ts';

/** Restored before each schedule; as many buffers as the code under test shares. */
export type Memory = readonly (ArrayBuffer | SharedArrayBuffer)[];

export interface Trial {
  /** Made anew for each schedule; actors are called A, B, C, ... in this order. */
  readonly actors: readonly (() => Steps<void>)[];
  /** Called when every actor has ended; throws if what it finds is wrong. */
  readonly check?: () => void;
}

export interface Scenario {
  readonly memory: Memory;
  readonly preemptions: number;
  /** How many actors may be terminated before an access; 0 unless given. */
  readonly deaths?: number;
  /** Called with the memory as it was when the exploration began. */
  readonly setUp: () => Trial;
}

export interface Explored {
  readonly schedules: number;
  /** Schedules by their number of preemptions. */
  readonly byPreemptions: readonly number[];
  /** Schedules played before all racing words were known. */
  readonly learning: number;
  readonly racingWords: number;
}

/** What went wrong, with the schedule that {@link replay} takes; the message has the beginning of a long one. */
export class ScheduleFailure extends Error {
  readonly schedule: string;

  constructor(schedule: string, cause: unknown) {
    const shown = schedule.length > 200 ? `${schedule.slice(0, 200)} ...` : schedule;
    super(`schedule ${shown}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    this.name = 'ScheduleFailure';
    this.schedule = schedule;
  }
}

interface Turn {
  readonly actor: number;
  /** Accesses; `Infinity`: until the actor ends or waits. */
  readonly until: number;
  readonly dies: boolean;
}

/** A schedule that is to be played: its turns from the last one back. */
interface Plan {
  readonly turn: Turn;
  readonly before: Plan | undefined;
  readonly deaths: number;
}

/** A turn that was played. */
interface Played extends Turn {
  readonly cuts: readonly number[];
  readonly cutsRunnable: readonly number[];
  /** Who else could have been next: for nothing, and for a preemption. */
  readonly others: number;
  readonly costlyOthers: number;
}

const NONE: readonly number[] = [];

/** Plays all schedules. Throws a {@link ScheduleFailure} for the first that fails. */
export function explore(scenario: Scenario): Explored {
  const pristine = begin(scenario);
  try {
    return exploreFrom(pristine, scenario);
  } finally {
    restore(scenario, pristine);
  }
}

function exploreFrom(pristine: readonly Uint8Array[], scenario: Scenario): Explored {
  let learning = 0;
  for (;;) {
    const byPreemptions: number[] = [];
    stepper.hasNewRace = false;
    let level: (Plan | undefined)[] = [undefined];
    for (let preemptions = 0; preemptions <= scenario.preemptions && !stepper.hasNewRace; preemptions += 1) {
      const next: Plan[] = [];
      let schedules = 0;
      for (let plan of level) {
        const open = [plan];
        while (open.length > 0 && !stepper.hasNewRace) {
          plan = open.pop();
          const turns = turnsOf(plan);
          const played = play(
            scenario,
            pristine,
            turns,
            preemptions < scenario.preemptions || mayDie(scenario, plan),
          );
          schedules += 1;
          branch(played, turns, plan, open, preemptions < scenario.preemptions ? next : undefined, scenario);
        }
        if (stepper.hasNewRace) break;
      }
      byPreemptions.push(schedules);
      level = next;
    }
    const schedules = byPreemptions.reduce((sum, count) => sum + count, 0);
    if (!stepper.hasNewRace) {
      const racingWords = stepper.racing.reduce((sum, flag) => sum + flag, 0) - 1;
      return { schedules, byPreemptions, learning, racingWords };
    }
    learning += schedules;
  }
}

/** Plays one schedule, as it stands in the message of a failure. Throws as {@link explore} does. */
export function replay(scenario: Scenario, schedule: string): void {
  const turns = schedule.split(' ').map((part): Turn => {
    const match = /^([A-P])(\d+|\*)(x?)$/.exec(part);
    if (match === null) throw new RangeError(`expected a turn such as A4, A* or A4x, got ${part}`);
    const actor = match[1]!.charCodeAt(0) - 65;
    return { actor, until: match[2] === '*' ? Infinity : Number(match[2]), dies: match[3] === 'x' };
  });
  const pristine = begin(scenario);
  try {
    play(scenario, pristine, turns, false);
  } finally {
    restore(scenario, pristine);
  }
}

function mayDie(scenario: Scenario, plan: Plan | undefined): boolean {
  return (plan?.deaths ?? 0) < (scenario.deaths ?? 0);
}

function begin(scenario: Scenario): Uint8Array[] {
  stepper.watch(scenario.memory);
  return scenario.memory.map((buffer) => new Uint8Array(buffer).slice());
}

function restore(scenario: Scenario, pristine: readonly Uint8Array[]): void {
  for (const [index, bytes] of pristine.entries()) new Uint8Array(scenario.memory[index]!).set(bytes);
}

/** Adds the schedules that leave the one that was played after the turns that were planned. */
function branch(
  played: readonly Played[],
  planned: readonly Turn[],
  plan: Plan | undefined,
  open: (Plan | undefined)[],
  next: Plan[] | undefined,
  scenario: Scenario,
): void {
  const isLastOpen = planned.length > 0 && !planned.at(-1)!.dies;
  const first = isLastOpen ? planned.length - 1 : planned.length;
  const deaths = plan?.deaths ?? 0;
  let before = isLastOpen ? plan!.before : plan;
  for (let index = first; index < played.length; index += 1) {
    const { actor, cuts, cutsRunnable, others, costlyOthers } = played[index]!;
    if (index >= planned.length) {
      for (const other of actorsOf(others)) open.push({ turn: wholeTurn(other), before, deaths });
      if (next !== undefined) {
        for (const other of actorsOf(costlyOthers)) next.push({ turn: wholeTurn(other), before, deaths });
      }
    }
    for (const [position, until] of cuts.entries()) {
      if (mayDie(scenario, plan)) {
        open.push({ turn: { actor, until, dies: true }, before, deaths: deaths + 1 });
      }
      if (next === undefined) continue;
      const stopped = { turn: { actor, until, dies: false }, before, deaths };
      for (const other of actorsOf(cutsRunnable[position]! & ~(1 << actor))) {
        next.push({ turn: wholeTurn(other), before: stopped, deaths });
      }
    }
    before = { turn: wholeTurn(actor), before, deaths };
  }
}

/** Plays `planned` and then whatever is left. */
function play(
  scenario: Scenario,
  pristine: readonly Uint8Array[],
  planned: readonly Turn[],
  isExploring: boolean,
): Played[] {
  restore(scenario, pristine);
  const played: Played[] = [];
  try {
    const { actors, check } = scenario.setUp();
    stepper.begin(actors.map((actor) => actor()));
    let last = -1;
    let hasPaused = false;
    for (;;) {
      const free = stepper.runnable === 0 ? stepper.waitingTimed : stepper.runnable;
      if (free === 0 && played.length >= planned.length) break;
      const isPlanned = played.length < planned.length;
      const turn = isPlanned ? planned[played.length]! : wholeTurn(nextActor(free, last, hasPaused));
      const bit = 1 << turn.actor;
      if (((stepper.runnable | stepper.waitingTimed) & bit) === 0) {
        throw new Error(`actor ${nameOf(turn.actor)} cannot go on`);
      }
      // Whoever makes way for others could be followed by each of them; that it is not the next one costs.
      const others = hasPaused ? 0 : free & ~bit;
      const costlyOthers = (stepper.runnable | stepper.waitingTimed) & ~bit & ~others;
      const isOpen = isExploring && !turn.dies && played.length >= planned.length - 1;
      const position = played.push({
        ...turn,
        cuts: NONE,
        cutsRunnable: NONE,
        others,
        costlyOthers,
      });
      const end = stepper.turn(turn.actor, turn.until, isOpen);
      const cuts = isOpen ? stepper.cuts.slice() : NONE;
      const cutsRunnable = isOpen ? stepper.cutsRunnable.slice() : NONE;
      played[position - 1] = { ...turn, cuts, cutsRunnable, others, costlyOthers };
      if (turn.dies) stepper.kill(turn.actor);
      last = turn.actor;
      hasPaused = end === 'pauses';
    }
    if (stepper.waiting !== 0) {
      throw new Error(`deadlock: ${actorsOf(stepper.waiting).map(nameOf).join(', ')} wait for ever`);
    }
    check?.();
  } catch (error) {
    throw new ScheduleFailure(played.map(show).join(' '), error);
  }
  return played;
}

function nextActor(free: number, last: number, hasPaused: boolean): number {
  if (!hasPaused) return actorsOf(free)[0]!;
  const actors = actorsOf(free);
  return actors.find((actor) => actor > last) ?? actors[0]!;
}

function turnsOf(plan: Plan | undefined): Turn[] {
  const turns: Turn[] = [];
  for (let each = plan; each !== undefined; each = each.before) turns.push(each.turn);
  return turns.reverse();
}

function wholeTurn(actor: number): Turn {
  return WHOLE_TURNS[actor]!;
}

const WHOLE_TURNS: readonly Turn[] = Array.from({ length: 16 }, (_, actor) => ({
  actor,
  until: Infinity,
  dies: false,
}));

function actorsOf(bits: number): readonly number[] {
  return ACTORS_OF[bits] ?? listActors(bits);
}

function listActors(bits: number): number[] {
  return [...WHOLE_TURNS.keys()].filter((actor) => (bits & (1 << actor)) !== 0);
}

const ACTORS_OF: readonly (readonly number[])[] = Array.from({ length: 64 }, (_, bits) => listActors(bits));

function nameOf(actor: number): string {
  return String.fromCharCode(65 + actor);
}

function show({ actor, until, dies }: Turn): string {
  return `${nameOf(actor)}${until === Infinity ? '*' : until}${dies ? 'x' : ''}`;
}
