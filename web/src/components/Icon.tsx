const PATHS = {
  back: "M10 3.5 5.5 8l4.5 4.5",
  forward: "M6 3.5 10.5 8 6 12.5",
  refresh: "M13.5 8a5.5 5.5 0 1 1-1.6-3.9L13.5 5.7M13.5 2.5v3.2h-3.2",
  warning: "M8 2.2 14.5 13.5h-13zM8 6.5v3.2M8 11.6v.1",
  info: "M8 1.8a6.2 6.2 0 1 0 0 12.4A6.2 6.2 0 0 0 8 1.8M8 7.4v3.4M8 5.2v.1",
  close: "M4 4l8 8M12 4l-8 8",
  plus: "M8 3v10M3 8h10",
  calendar: "M2.5 4h11v9.5h-11zM2.5 7h11M5.5 2.2V4M10.5 2.2V4",
  lock: "M3.5 7.2h9v6.3h-9zM5.5 7V5a2.5 2.5 0 0 1 5 0v2",
  hourglass: "M4 2.2h8M4 13.8h8M5 2.2c0 3 6 3.6 6 5.8s-6 2.8-6 5.8M11 2.2c0 3-6 3.6-6 5.8s6 2.8 6 5.8",
  cloud: "M4.6 12.5a3.1 3.1 0 0 1-.2-6.2 4 4 0 0 1 7.6 1 2.6 2.6 0 0 1-.4 5.2zM2 2l12 12",
  globe: "M8 1.8a6.2 6.2 0 1 0 0 12.4A6.2 6.2 0 0 0 8 1.8M1.8 8h12.4M8 1.8c4 4 4 8.4 0 12.4M8 1.8c-4 4-4 8.4 0 12.4",
  person: "M8 8.2a2.9 2.9 0 1 0 0-5.8 2.9 2.9 0 0 0 0 5.8M2.5 14c.6-2.8 2.8-4.2 5.5-4.2s4.9 1.4 5.5 4.2",
};

export type IconName = keyof typeof PATHS;

/** A drawing beside words: it says nothing that they do not. */
export function Icon({ name }: { name: IconName }) {
  return (
    <svg class={`icon icon-${name}`} viewBox="0 0 16 16" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  );
}
