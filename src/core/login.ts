/**
 * Who may do what over HTTP: two roles, and how Keystone's come to them. What somebody shows to be let in is here as data; it is checked
 * elsewhere (openstack/keystone-login.ts, store/logins.ts).
 */

/** A viewer reads everything and may wake nodes; an operator also says a person's words. */
export const ROLES = ['viewer', 'operator'] as const
export type Role = (typeof ROLES)[number]

export const mayDo = (has: Role, needed: Role): boolean => ROLES.indexOf(has) >= ROLES.indexOf(needed)

/** Names of Keystone's roles, each list for one of ours. */
export type RoleMap = Readonly<Record<Role, readonly string[]>>

/** The most that any of these roles of Keystone's gives; null: nothing. Their names are told apart by case, as Keystone tells them. */
export const roleFor = (roles: readonly string[], map: RoleMap): Role | null =>
  ROLES.findLast((role) => roles.some((name) => map[role].includes(name))) ?? null

/** What somebody shows. Holds secrets: never logged, stored or put into an error. */
export type Credentials =
  | { kind: 'password'; user: string; domain: string | null; password: string }
  | { kind: 'application-credential'; id: string; secret: string }

/** What Keystone said to it. `name` is NAME@DOMAIN. */
export type LoginAnswer =
  | { kind: 'in'; name: string; role: Role }
  | { kind: 'refused' }
  /** It is who they say, and none of their roles is mapped to one of ours. */
  | { kind: 'no-role'; name: string }
  | { kind: 'elsewhere'; name: string }
  | { kind: 'unreachable'; reason: string }
