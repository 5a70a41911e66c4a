/** The runbook's stories, written down with what they print; read the output when it changes. */
import { goldenScenarios } from './golden-scenario.ts'

goldenScenarios(new URL('./scenarios/', import.meta.url), 18)
