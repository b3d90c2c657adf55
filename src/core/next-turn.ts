/** Resolves when whatever else waits for the event loop had its turn. */
export function nextTurn(): Promise<void> {
  // Timers wait a millisecond at least, but they are everywhere.
  const { setImmediate = setTimeout } = globalThis as { setImmediate?: (resume: () => void) => unknown };
  return new Promise((resume) => {
    setImmediate(resume);
  });
}
