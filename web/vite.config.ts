import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

// `npm run dev` talks to a server that `make dev` runs.
const server = 'http://localhost:8080';

export default defineConfig({
  plugins: [react()],
  build: {
    outDir: 'dist',
    // Everything is a file of its own: the content security policy allows nothing inline.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // The desk's own script is about 170 kB compressed; managers' pages of the catalogue are another (src/router.tsx).
    chunkSizeWarningLimit: 750,
    rolldownOptions: { checks: { pluginTimings: false } },
  },
  css: { preprocessorOptions: { scss: { quietDeps: true } } },
  server: { port: 5173, proxy: { '/graphql': server, '/auth': server } },
});
