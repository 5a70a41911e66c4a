/**
 * What the API answers, as types: taken from the shapes that the daemon publishes, so that a change there is an error here. Types alone;
 * nothing of the daemon is in the page.
 */
import type { z } from 'zod'
import type { SHAPES } from '../../src/http/shapes.ts'

export type Answers = { [name in keyof typeof SHAPES]: z.infer<(typeof SHAPES)[name]> }

export type Cloud = Answers['clouds']['clouds'][number]
export type FleetSum = Answers['fleet']['sums'][number]
export type FleetNode = Answers['fleetNodes']['nodes'][number]
export type ListedNode = Answers['nodes']['nodes'][number]
export type ListedCase = Answers['cases']['cases'][number]
export type Incident = Answers['incidents']['incidents'][number]
export type Decision = Answers['decisions']['decisions'][number]
export type AuditEntry = Answers['audit']['audit'][number]
export type Explanation = Answers['explanation']
export type CaseInFull = Answers['case']
export type Kind = Decision['kind']
