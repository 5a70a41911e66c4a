/** What happens to hundreds of nodes at once, written down with what it prints: a minute or two of its own, beside the other tests. */
import { goldenScenarios } from './golden-scenario.ts'

goldenScenarios(new URL('./scenarios-large/', import.meta.url), 1)
