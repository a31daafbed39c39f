import { useSignal } from "@preact/signals";
import type { ComponentType } from "preact";
import { useEffect } from "preact/hooks";
import type { Usage } from "../usage";

interface Props {
  cycle: Usage;
}

/** Charts of a cycle: what draws them is loaded once the numbers are there. */
export function OverTime({ cycle }: Props) {
  const loaded = useSignal<{ Charts: ComponentType<Props> } | null>(null);
  useEffect(() => {
    import("./charts/Charts")
      .then((found) => (loaded.value = found))
      .catch(() => {}); // Without charts there are all numbers still.
  }, []);
  if (loaded.value === null) return null;
  const { Charts } = loaded.value;
  return <Charts cycle={cycle} />;
}
