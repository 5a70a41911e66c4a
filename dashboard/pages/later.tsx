/**
 * Pages that come in files of their own, so that the first view waits for none of them: the one that is asked for is loaded at once, the rest
 * while the browser has nothing to do. React's own lazy would show what it waits for 300 ms at least; this shows a page as soon as it is there.
 */
import { type ComponentType, createElement, type ReactNode, useEffect, useState } from 'react'

type Later<Props> = ((props: Props) => ReactNode) & { load: () => Promise<unknown> }
type Page<Props> = { found: ComponentType<Props> | null; load: () => Promise<void> }

function later<Props extends object>(find: () => Promise<ComponentType<Props>>): Later<Props> {
  const page: Page<Props> = {
    found: null,
    load: async () => {
      page.found ??= await find()
    },
  }
  return Object.assign((props: Props) => <WhenLoaded page={page} props={props} />, { load: page.load })
}

function WhenLoaded<Props extends object>({ page, props }: { page: Page<Props>; props: Props }) {
  const [, look] = useState(0)
  const { found, load } = page
  useEffect(() => {
    const broken = (error: unknown) =>
      look(() => {
        throw error
      })
    if (found === null) load().then(() => look(1), broken)
  }, [found, load])
  return found === null ? <div className="pending" role="status" aria-label="Asking" /> : createElement(found, props)
}

export const ApprovalsLater = later(async () => (await import('./approvals.tsx')).ApprovalsPage)
export const AuditLater = later(async () => (await import('./audit.tsx')).AuditPage)
export const CaseLater = later(async () => (await import('./case.tsx')).CasePage)
export const FleetLater = later(async () => (await import('./fleet.tsx')).FleetPage)
export const HealthLater = later(async () => (await import('./health.tsx')).HealthPage)
export const LoginLater = later(async () => (await import('./login.tsx')).LoginPage)
export const NodeLater = later(async () => (await import('./node.tsx')).NodePage)
export const PolicyLater = later(async () => (await import('./policy.tsx')).PolicyPage)
export const RunbookLater = later(async () => (await import('./runbook.tsx')).RunbookPage)
export const WordDialogLater = later(async () => (await import('../parts/word-dialog.tsx')).WordDialog)

const BY_NAME: Record<string, { load: () => Promise<unknown> }> = {
  fleet: FleetLater,
  nodes: NodeLater,
  cases: CaseLater,
  approvals: ApprovalsLater,
  audit: AuditLater,
  policy: PolicyLater,
  health: HealthLater,
  runbook: RunbookLater,
}

/** Knows: whoever opens the page asks for it again, and is told. */
const begin = ({ load }: { load: () => Promise<unknown> }): void => void load().catch(() => undefined)

/** Begins to load the page of this address, before it is known whether it may be shown. */
export function loadFirst(path: string): void {
  const page = BY_NAME[path.split('/')[1] ?? '']
  if (page !== undefined) begin(page)
}

/** Long after the first view, on the slowest machine, too. */
const AFTER_MS = 3_000

/**
 * Loads every page, so that following a link waits for nothing, and a daemon that was exchanged meanwhile takes none away.
 * @returns ends it
 */
export function loadTheRest(): () => void {
  const timer = setTimeout(() => {
    for (const page of [...Object.values(BY_NAME), WordDialogLater]) begin(page)
  }, AFTER_MS)
  return () => clearTimeout(timer)
}
