// The clock of all devices in this tab. Its timers are in a worker, because a browser slows those of a hidden tab down.

const worker = new Worker(new URL('ticker.js', import.meta.url));
const waiting = new Map();
let last = 0;

worker.onmessage = ({ data: id }) => {
  const run = waiting.get(id);
  waiting.delete(id);
  run?.();
};

export const clock = {
  /** Milliseconds; it never jumps. */
  now: () => performance.now(),

  /** The time of day. */
  date: () => new Date().toISOString(),

  /** Runs something later. Returns a function that prevents it. */
  after(ms, run) {
    const id = ++last;
    waiting.set(id, run);
    worker.postMessage({ id, ms });
    return () => {
      if (waiting.delete(id)) worker.postMessage({ id });
    };
  },
};
