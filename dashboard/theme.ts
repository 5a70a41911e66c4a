/**
 * Light or dark: as the system has it, unless this browser was told otherwise. PatternFly follows a class on the root.
 */
const KEY = 'anneal-theme'
const DARK = 'pf-v6-theme-dark'
export type Theme = 'system' | 'light' | 'dark'
const system = matchMedia('(prefers-color-scheme: dark)')

export const chosenTheme = (): Theme => {
  const kept = localStorage.getItem(KEY)
  return kept === 'light' || kept === 'dark' ? kept : 'system'
}

function apply(): void {
  const theme = chosenTheme()
  document.documentElement.classList.toggle(DARK, theme === 'dark' || (theme === 'system' && system.matches))
  dispatchEvent(new Event('theme'))
}

export function chooseTheme(theme: Theme): void {
  if (theme === 'system') localStorage.removeItem(KEY)
  else localStorage.setItem(KEY, theme)
  apply()
}

export function startTheme(): void {
  apply()
  system.addEventListener('change', apply)
}
