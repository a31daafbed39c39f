import { i18n } from "../i18n";

/** The page's shape while its numbers are on their way. */
export function Skeleton() {
  return (
    <div class="cards" aria-busy="true">
      <p class="hidden" role="status">
        {i18n._("Loading …")}
      </p>
      {["conversations", "carrier"].map((card) => (
        <div key={card} class="card" aria-hidden="true">
          <div class="skeleton head" />
          <div class="skeleton number" />
          <div class="skeleton line" />
          <div class="skeleton lines" />
          <div class="skeleton lines" />
        </div>
      ))}
    </div>
  );
}
