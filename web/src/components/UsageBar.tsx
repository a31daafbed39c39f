interface Props {
  /** Used for good. */
  done: number;
  /** Used, but still lasting. */
  lasting?: number;
  /** What was bought and committed to. */
  base: number;
  /** What all of it holds. */
  limit: number;
  tone: string;
  words: string;
  write: (value: number) => string;
}

/**
 * What is used of a base. Beyond it the bar is full, a mark shows where the base ends, and the
 * ends of both are written below.
 */
export function UsageBar({ done, lasting = 0, base, limit, tone, words, write }: Props) {
  const used = done + lasting;
  const over = Math.max(0, used - base);
  const doneOver = Math.max(0, done - base);
  const marked = over > 0 && base > 0;
  const before: [string, number][] = [
    ["done", Math.min(done, base)],
    ["lasting", Math.min(used, base) - Math.min(done, base)],
    ["left", Math.max(base, used, 1) - used],
  ];
  const beyond: [string, number][] = [
    ["done over", doneOver],
    ["lasting over", over - doneOver],
  ];
  return (
    <>
      <div class={`bar ${tone}`}>
        <progress class="hidden" max={Math.max(limit, used, 1)} value={used} aria-label={words} />
        {before.map(part)}
        {marked && <span class="mark" />}
        {beyond.map(part)}
      </div>
      {marked && (
        <div class="scale" aria-hidden="true">
          <span style={{ flexGrow: base }}>{write(base)}</span>
          <span style={{ flexGrow: over }}>{write(used)}</span>
        </div>
      )}
    </>
  );
}

function part([kind, size]: [string, number]) {
  return size > 0 && <span key={kind} class={`part ${kind}`} style={{ flexGrow: size }} />;
}
