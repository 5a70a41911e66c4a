/**
 * The frame around every page: name, navigation, whether changes are heard of, light or dark; and which page an address is. Where a login is
 * needed and there is none, nothing but the form is shown and nothing else is asked.
 */
import { Button } from '@patternfly/react-core/dist/dynamic/components/Button'
import { useMutation, useQuery } from '@tanstack/react-query'
import { type ReactNode, useEffect, useRef, useState } from 'react'
import { addressOfReason, followed, Link, useAddress } from './address.tsx'
import { follow, useStanding } from './api/live.ts'
import { logOut } from './api/login.ts'
import { approvals, decisions, login } from './api/queries.ts'
import { isQuickened, startClock, useNow, version } from './api/server-time.ts'
import {
  ApprovalsLater,
  AuditLater,
  CaseLater,
  FleetLater,
  HealthLater,
  LoginLater,
  loadTheRest,
  NodeLater,
  PolicyLater,
  RunbookLater,
} from './pages/later.tsx'
import { NowPage } from './pages/now.tsx'
import { Announcement } from './parts/announcement.tsx'
import { Heading, Nothing, Trouble } from './parts/answered.tsx'
import { ZONE } from './parts/time.tsx'
import { standingOfDecision } from './standing.ts'
import { chooseTheme, chosenTheme, type Theme } from './theme.ts'

type Page = { title: string; show: (parts: string[]) => ReactNode }

const PAGES: Record<string, Page> = {
  '': { title: 'Now', show: () => <NowPage /> },
  fleet: { title: 'Fleet', show: () => <FleetLater /> },
  approvals: { title: 'Approvals and holds', show: () => <ApprovalsLater /> },
  audit: { title: 'Audit', show: () => <AuditLater /> },
  policy: { title: 'Policy', show: () => <PolicyLater /> },
  health: { title: 'Health', show: () => <HealthLater /> },
  runbook: { title: 'Runbook', show: ([slug = '']) => <RunbookLater slug={slug} /> },
  nodes: { title: 'Node', show: ([cloud = '', node = '']) => <NodeLater key={`${cloud} ${node}`} cloud={cloud} node={node} /> },
  cases: { title: 'Case', show: ([id = '']) => <CaseLater key={id} id={id} /> },
}
const IN_NAVIGATION = ['', 'fleet', 'approvals', 'audit', 'policy', 'health', 'runbook']

export function App() {
  const { data, isPending } = useQuery(login)
  if (isPending) return <div className="pending" role="status" aria-label="Asking" />
  return data?.needed === true && data.as === null ? <LoginLater methods={data.methods} /> : <Pages />
}

function Pages() {
  useEffect(startClock, [])
  useEffect(loadTheRest, [])
  useEffect(follow, [])
  const address = useAddress()
  const [name = '', ...parts] = address.pathname.split('/').slice(1).map(unescaped)
  const page = PAGES[name]
  const main = useRef<HTMLElement>(null)
  const path = address.pathname
  const title = [page?.title ?? 'Nothing here', ...parts.slice(-1)].join(' ')
  useEffect(() => {
    document.title = `${title} · Anneal`
  }, [title])
  useFocusAfterNavigation(path, main)
  return (
    <>
      <a className="skip" href="#main">
        Skip to the page
      </a>
      <div className="frame">
        <Masthead current={name} />
        <main id="main" tabIndex={-1} ref={main}>
          {page === undefined ? (
            <>
              <Heading title="Nothing here" />
              <Nothing title="No page has this address.">
                Go to <Link to="/">what is now</Link>.
              </Nothing>
            </>
          ) : (
            page.show(parts)
          )}
        </main>
        <Foot />
      </div>
      <Announcement />
    </>
  )
}

/** Somebody may have cut an address short. */
function unescaped(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    // Knows: it is no part that we wrote; as it stands it names nothing.
    return part
  }
}

/** Whoever follows a link by keyboard or screen reader goes on at the new page, not where the old one was. */
function useFocusAfterNavigation(path: string, main: { current: HTMLElement | null }): void {
  const before = useRef(path)
  useEffect(() => {
    if (before.current === path) return
    before.current = path
    main.current?.focus({ preventScroll: true })
  }, [path, main])
}

function Masthead({ current }: { current: string }) {
  const [isOpen, setOpen] = useState(false)
  const asked = useAsked()
  return (
    <header className="masthead">
      <Link to="/" className="brand">
        <img src="/mark.svg" alt="" width="26" height="26" /> Anneal
      </Link>
      <Button
        variant="plain"
        className="menu-button"
        aria-label="Pages"
        aria-expanded={isOpen}
        aria-controls="pages"
        onClick={() => setOpen(!isOpen)}
      >
        <span aria-hidden="true">☰</span>
      </Button>
      <nav id="pages" aria-label="Pages" className={isOpen ? 'pages is-open' : 'pages'}>
        {IN_NAVIGATION.map((name) => (
          <a
            key={name}
            href={`/${name}`}
            aria-current={name === current ? 'page' : undefined}
            onClick={(event) => {
              setOpen(false)
              followed(event)
            }}
          >
            {PAGES[name]?.title}
            {name === '' && asked.people > 0 ? (
              <span className="badge">
                {asked.people}
                <span className="hidden"> need a person</span>
              </span>
            ) : null}
            {name === 'approvals' && asked.yes > 0 ? (
              <span className="badge">
                {asked.yes}
                <span className="hidden"> wait for a yes</span>
              </span>
            ) : null}
          </a>
        ))}
      </nav>
      <div className="tools">
        <Live />
        <ThemeButton />
      </div>
    </header>
  )
}

/** How many wait for a person, wherever one looks. */
function useAsked(): { people: number; yes: number } {
  const inForce = useQuery(decisions).data?.decisions ?? []
  return {
    people: inForce.filter(({ kind, reason }) => standingOfDecision(kind, reason) === 'person').length,
    yes: useQuery(approvals).data?.waiting.length ?? 0,
  }
}

const SAID = { connecting: 'connecting', live: 'live', lost: 'not connected' } as const

function Live() {
  const standing = useStanding()
  const now = useNow()
  return (
    <span className={`live is-${standing}`} role="status">
      {SAID[standing]}
      <span className="live-time" aria-hidden="true">
        {new Date(now).toLocaleTimeString(undefined, { hourCycle: 'h23' })} {ZONE}
        {isQuickened() ? ', quickened' : ''}
      </span>
    </span>
  )
}

const NEXT_THEME: Record<Theme, Theme> = { system: 'dark', dark: 'light', light: 'system' }
const SIGN: Record<Theme, string> = { system: '◐', dark: '●', light: '○' }

function ThemeButton() {
  const [theme, setTheme] = useState(chosenTheme)
  const next = NEXT_THEME[theme]
  return (
    <Button
      variant="plain"
      aria-label={`Colours: ${theme}; change to ${next}`}
      title={`Colours: ${theme}`}
      onClick={() => {
        chooseTheme(next)
        setTheme(next)
      }}
    >
      <span aria-hidden="true">{SIGN[theme]}</span>
    </Button>
  )
}

function Foot() {
  useNow()
  return (
    <footer className="foot">
      Anneal {version} · times in {Intl.DateTimeFormat().resolvedOptions().timeZone} ({ZONE}) · <a href="/api/v1/openapi.json">API</a> ·{' '}
      <Link to={addressOfReason('')}>runbook</Link>
      <Who />
    </footer>
  )
}

function Who() {
  const as = useQuery(login).data?.as ?? null
  const out = useMutation({ mutationFn: logOut })
  if (as === null) return null
  return (
    <>
      {' '}
      · logged in as {as.name}, {as.role}{' '}
      <Button variant="link" isInline isDisabled={out.isPending} onClick={() => out.mutate()}>
        Log out
      </Button>
      {out.error === null ? null : <Trouble error={out.error} />}
    </>
  )
}
