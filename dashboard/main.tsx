/**
 * Puts the dashboard into its page: theme, answers, and the pages.
 */
import '@patternfly/react-core/dist/styles/base.css'
import './look.css'
import './pages.css'
import { QueryClientProvider } from '@tanstack/react-query'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { client } from './api/queries.ts'
import { App } from './app.tsx'
import { loadFirst } from './pages/later.tsx'
import { startTheme } from './theme.ts'

startTheme()
loadFirst(location.pathname)

/** A page that breaks says so, and does not end as an empty window. */
function broken(error: unknown): void {
  const note = document.createElement('p')
  note.setAttribute('role', 'alert')
  note.className = 'broken'
  note.textContent = `This page broke: ${String(error)}. Load it again; if it breaks again, report it. \`anneal nodes\` tells the same.`
  document.body.append(note)
}

const LOADED_ANEW = 'anneal-loaded-anew'
const ONCE_IN_MS = 60_000

/** The daemon was exchanged for another version, which has other files: the page is loaded anew, and where that is no help it says so. */
addEventListener('vite:preloadError', (event) => {
  if (Date.now() - Number(sessionStorage.getItem(LOADED_ANEW)) < ONCE_IN_MS) return
  event.preventDefault()
  sessionStorage.setItem(LOADED_ANEW, String(Date.now()))
  location.reload()
})

const root = document.getElementById('dashboard')
if (root !== null)
  createRoot(root, { onUncaughtError: broken }).render(
    <StrictMode>
      <QueryClientProvider client={client}>
        <App />
      </QueryClientProvider>
    </StrictMode>,
  )
