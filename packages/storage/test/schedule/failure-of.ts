/** For tests that expect a schedule to fail. */
import { ScheduleFailure } from './explore.ts';

export function failureOf(run: () => unknown): ScheduleFailure {
  try {
    run();
  } catch (error) {
    if (error instanceof ScheduleFailure) return error;
    throw error;
  }
  throw new Error('expected a schedule that fails');
}
