import { createContext, useContext } from 'react';
import type { Module, Permission, ViewerQuery } from '../gql/graphql';

/** Its name is that of the header, which says Life Rooms already; the full one is for whoever reads it elsewhere. */
export type ViewerHub = ViewerQuery['viewer']['hubs'][number] & { fullName: string };
export type Viewer = Omit<ViewerQuery['viewer'], 'hubs'> & { hubs: ViewerHub[] };

export const ViewerContext = createContext<Viewer | null>(null);
export const HubContext = createContext<ViewerHub | null>(null);

export function useViewer(): Viewer {
  return useContext(ViewerContext)!;
}

/** The part of the app that a permission is for; what no part is named for belongs to every hub. */
const moduleOf: Partial<Record<Permission, Module>> = {
  DESK_READ: 'DESK',
  DESK_WRITE: 'DESK',
  CONVERSATION_READ: 'ADVICE',
  CONVERSATION_WRITE: 'ADVICE',
  CATALOGUE_READ: 'CATALOGUE',
  CATALOGUE_WRITE: 'CATALOGUE',
  REPORT_READ: 'REPORTS',
};

/** Whether the viewer may do something in a hub, and the hub uses that part of the app. */
export function allows(hub: ViewerHub, permission: Permission): boolean {
  const part = moduleOf[permission];
  return hub.permissions.includes(permission) && (!part || hub.modules.includes(part));
}

/** The hub that the address names. */
export function useHub(): ViewerHub & { can(permission: Permission): boolean } {
  const hub = useContext(HubContext)!;
  return { ...hub, can: (permission) => allows(hub, permission) };
}
