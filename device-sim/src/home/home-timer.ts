/** A timer in the home's time: it follows changes of speed, and is never quicker than the machine can be. */
export function everyHomeMs(
  period: { readonly homeMs: number; readonly shortestMs: number; readonly speed: () => number },
  run: () => void,
): () => void {
  let timer: NodeJS.Timeout;
  const arm = () => {
    timer = setTimeout(
      () => {
        arm();
        run();
      },
      Math.max(period.shortestMs, period.homeMs / period.speed()),
    );
  };
  arm();
  return () => clearTimeout(timer);
}
