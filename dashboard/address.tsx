/**
 * Which page is shown, by the address: deep links, back and forward, and links that need no reload. The daemon answers every address of a
 * page with the same file; pages are app.tsx's.
 */
import { type MouseEvent, type ReactNode, useSyncExternalStore } from 'react'

const listeners = new Set<() => void>()
const told = (): void => {
  for (const listener of listeners) listener()
}
addEventListener('popstate', told)

const subscribe = (listener: () => void): (() => void) => {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

export const useAddress = (): URL => new URL(useSyncExternalStore(subscribe, () => location.href))

export function go(to: string): void {
  history.pushState(null, '', to)
  scrollTo(0, 0)
  told()
}

/** What is chosen on a page stands in its address, so that it can be sent to somebody. An empty value is left out. */
export function choose(name: string, value: string): void {
  const url = new URL(location.href)
  if (value === '') url.searchParams.delete(name)
  else url.searchParams.set(name, value)
  history.replaceState(null, '', url)
  told()
}

/** A click that the browser would do nothing special with. */
const isPlain = (event: MouseEvent): boolean =>
  event.button === 0 && !(event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) && !event.defaultPrevented

export function followed(event: MouseEvent<HTMLAnchorElement>): void {
  const { href, target } = event.currentTarget
  if (!isPlain(event) || target !== '' || new URL(href).origin !== location.origin) return
  event.preventDefault()
  go(href)
}

export function Link({ to, className, children, label }: { to: string; className?: string; children: ReactNode; label?: string }) {
  return (
    <a href={to} className={className} aria-label={label} onClick={followed}>
      {children}
    </a>
  )
}

const part = encodeURIComponent
export const addressOfNode = ({ cloud, uuid, name }: { cloud: string; uuid: string; name: string | null }): string =>
  `/nodes/${part(cloud)}/${part(name ?? uuid)}`
export const addressOfCase = (id: string): string => `/cases/${part(id)}`
export const addressOfReason = (slug: string): string => `/runbook/${part(slug)}`
