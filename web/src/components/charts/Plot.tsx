import { useLayoutEffect, useRef } from "preact/hooks";
import uPlot from "uplot";

export const HEIGHT = 240;

/** What is said of a place that is pointed at: a heading, and names with their values. */
export interface Tip {
  title: string;
  lines: [string, string][];
}

interface Props {
  /** What the chart shows, in words. */
  label: string;
  options: Omit<uPlot.Options, "width" | "height">;
  data: uPlot.AlignedData;
  tip: (place: number) => Tip | null;
  onPick?: (place: number) => void;
}

/** A chart, as wide as its place, drawn anew where width or colours change. */
export function Plot({ label, options, data, tip, onPick }: Props) {
  const box = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const place = box.current;
    if (!place) return;
    const size = () => ({ width: place.clientWidth, height: HEIGHT });
    const plugins = [pointer(tip), ...(options.plugins ?? [])];
    const plot = new uPlot({ ...BASE, ...options, ...size(), plugins }, data, place);
    const room = new ResizeObserver(() => plot.setSize(size()));
    room.observe(place);
    const stop = onOtherLooks(() => plot.redraw(false));
    if (onPick) {
      plot.over.addEventListener("click", (event) => onPick(plot.posToIdx(event.offsetX)));
    }
    return () => {
      room.disconnect();
      stop();
      plot.destroy();
    };
  }, [options, data]);
  return <div ref={box} class={onPick ? "plot picks" : "plot"} role="img" aria-label={label} />;
}

const BASE: Partial<uPlot.Options> = {
  legend: { show: false },
  padding: [22, 10, 0, 0],
  cursor: { y: false, drag: { x: false, y: false } },
};

const LOOKS = ["(prefers-color-scheme: dark)", "print"];

/** Do something whenever the page's colours or letters may be others. */
function onOtherLooks(act: () => void): () => void {
  const looks = LOOKS.map((look) => matchMedia(look));
  for (const look of looks) look.addEventListener("change", act);
  void document.fonts.ready.then(act);
  return () => {
    for (const look of looks) look.removeEventListener("change", act);
  };
}

/** Show what there is at the place that is pointed at. */
function pointer(tip: Props["tip"]): uPlot.Plugin {
  const box = document.createElement("div");
  box.className = "tip";
  box.hidden = true;
  return {
    hooks: {
      init: (plot) => plot.over.append(box),
      setCursor: (plot) => {
        const { idx, left = -1 } = plot.cursor;
        const found = left < 0 || idx == null ? null : tip(idx);
        box.hidden = found === null;
        if (found === null || idx == null) return;
        box.replaceChildren(...linesOf(found));
        const x = plot.valToPos(plot.data[0][idx] ?? 0, "x");
        const onLeft = x > plot.over.clientWidth / 2;
        box.style.left = `${x}px`;
        box.classList.toggle("on-left", onLeft);
      },
    },
  };
}

function linesOf({ title, lines }: Tip): HTMLElement[] {
  const head = document.createElement("strong");
  head.textContent = title;
  return [
    head,
    ...lines.map(([name, value]) => {
      const line = document.createElement("span");
      const number = document.createElement("b");
      number.textContent = value;
      line.append(name, " ", number);
      return line;
    }),
  ];
}
