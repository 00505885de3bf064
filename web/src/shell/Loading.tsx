/** Shown only when it takes a moment (the delay is in the style), so that quick answers do not flicker. */
export function Loading({ what }: { what: string }) {
  return (
    <p className="lr-loading" role="status">
      Loading {what}…
    </p>
  );
}

export function Empty({ children }: { children: React.ReactNode }) {
  return <p className="lr-empty">{children}</p>;
}
