import { createContext, useContext } from 'react';
import type { Permission, ViewerQuery } from '../gql/graphql';

export type Viewer = ViewerQuery['viewer'];
export type ViewerHub = Viewer['hubs'][number];

export const ViewerContext = createContext<Viewer | null>(null);
export const HubContext = createContext<ViewerHub | null>(null);

export function useViewer(): Viewer {
  return useContext(ViewerContext)!;
}

/** The hub that the address names. */
export function useHub(): ViewerHub & { can(permission: Permission): boolean } {
  const hub = useContext(HubContext)!;
  return { ...hub, can: (permission) => hub.permissions.includes(permission) };
}
