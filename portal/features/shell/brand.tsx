import Link from 'next/link';
import classes from './shell.module.css';

/** The mark and the name; `compact` leaves the name out on a phone. */
export function Brand({ compact = false }: { readonly compact?: boolean }) {
  return (
    <Link href="/" className={classes.brand} data-compact={compact} aria-label="Wattward">
      <svg width="30" height="30" viewBox="0 0 64 64" aria-hidden="true">
        <rect width="64" height="64" rx="15" fill="#0a6b5b" />
        <path
          d="M12 20l8.5 26L32 22l11.5 24L52 20"
          fill="none"
          stroke="#e6f7f3"
          strokeWidth="5.5"
          strokeLinecap="round"
          strokeLinejoin="round"
        />
        <circle cx="32" cy="13.5" r="4" fill="#f2b33d" />
      </svg>
      <span className={classes.brandName}>Wattward</span>
    </Link>
  );
}
